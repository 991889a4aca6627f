package issuertest

// Store is store, which no request can fill in the time of a test.
type Store = store[int]

func NewStore(max int) *Store { s := newStore[int](max); return &s }

var (
	StorePut = (*Store).put
	StoreAdd = (*Store).add
	StoreGet = (*Store).get
	StoreDel = (*Store).delete
)

// StoreSize returns how many keys a store remembers, and how many it lists.
func StoreSize(s *Store) (items, order int) { return len(s.items), len(s.order) }
