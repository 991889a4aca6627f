package jwks

// lockState is what came of an attempt to lock a folder. Locks are advisory: only we
// ask for them.
type lockState int

const (
	locked      lockState = iota // nobody else has a lock
	lockedAlso                   // others have one too, as they write
	lockUnknown                  // there are no locks here
)
