// Package claims reads what is said of an access token, by a JWT's claims (RFC
// 9068 §2.2) or an introspection answer's members (RFC 7662 §2.2), and judges it
// by one table of checks, for both alike.
package claims

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/warder-go/warder/internal/strictjson"
	"github.com/warder-go/warder/middleware"
)

// Config is what Rules are made of: options of the Verifiers, under their names.
type Config struct {
	Issuer        string
	Audience      []string
	AudienceClaim string   // empty: aud
	ClientClaim   string   // empty: client_id
	ScopeClaims   []string // none: scope, a string

	// Answer is for introspection answers: exp is not required, an absent iss is
	// the issuer's own, and dates beyond what a clock can hold mean what they say.
	Answer               bool
	AllowMissingAudience bool
	RequireTokenType     bool

	// PreRFC9068 and Answer take null for absent, save in cnf, and want no more
	// claims than RFC 9068 §4 has a resource server check.
	PreRFC9068            bool
	InsecureAllowIDTokens bool

	ClockSkew   time.Duration
	MaxTokenAge time.Duration // 0: none
}

// Rules read and judge what is said of tokens. Make them with [NewRules]. They are
// immutable and safe for concurrent use.
type Rules struct {
	cfg     Config
	lenient bool
	ours    []string // a copy of Audience, for tokens: who writes to one changes nothing of what is accepted
	refuse  refusals
}

// NewRules returns the Rules of cfg, which its owner has checked.
func NewRules(cfg Config) *Rules {
	cfg.Audience = slices.Clone(cfg.Audience)
	if cfg.AudienceClaim == "" {
		cfg.AudienceClaim = "aud"
	}
	if cfg.ClientClaim == "" {
		cfg.ClientClaim = "client_id"
	}
	return &Rules{
		cfg: cfg, lenient: cfg.Answer || cfg.PreRFC9068,
		ours: slices.Clone(cfg.Audience), refuse: newRefusals(cfg),
	}
}

// Said is what is said of one token, as far as it is judged: facts, read once, that
// can be judged at any time. It is never changed.
type Said struct {
	Token middleware.Token

	granted   bool              // scopes are there that no ID token has
	typed     bool              // the header says at+jwt (RFC 9068 §2.1)
	fromWhom  bool              // iss is there
	aud       []string          // as in aud; nil if that is absent
	named     []string          // by AudienceClaim; nil if that is absent
	nulls     []string          // claims that may be required and are null, where that is absent
	unread    *middleware.Error // of the first claim that cannot be read
	notAccess *middleware.Error // why this is no access token
	unbound   bool              // said to be bound by DPoP, but not to which key
}

// Unread returns what is the matter with the first claim that cannot be read, or nil.
func (s *Said) Unread() error {
	if s.unread == nil {
		return nil
	}
	return s.unread.Err
}

// Read returns what o says, whose text is raw. It reads as much as it can: a claim of
// the wrong type is one of the things that are judged. typed tells that the JWT's
// header calls it an access token.
func (r *Rules) Read(o strictjson.Object, raw []byte, typed bool) *Said {
	s := &Said{typed: typed}
	t := &s.Token
	t.Raw = slices.Clip(json.RawMessage(raw))
	var e evidence
	for i := range o {
		name, v := o[i].Name, o[i].Value
		if r.lenient && v == "null" && name != "cnf" { // a cnf that cannot be read confirms nothing
			if r.refuse.null[name] != nil {
				s.nulls = append(s.nulls, name)
			}
			continue
		}
		ok := true
		switch name {
		case "iss":
			t.Issuer, ok = v.Text()
			s.fromWhom = true
		case "sub":
			t.Subject, ok = v.Text()
		case "client_id":
			var id string
			if id, ok = v.Text(); r.cfg.ClientClaim == name {
				t.ClientID = id
			}
			e.clients[0] = v
		case "jti":
			t.ID, ok = v.Text()
		case "acr":
			t.ACR, ok = v.Text()
		case "aud":
			s.aud, ok = r.audience(v)
		case "exp":
			t.Expiry, ok = r.date(v)
		case "nbf":
			t.NotBefore, ok = r.date(v)
		case "iat":
			t.IssuedAt, ok = r.date(v)
		case "auth_time":
			// AD FS writes it as text, and nobody can take that for a recent one.
			if t.AuthTime, ok = r.date(v); !ok && r.cfg.PreRFC9068 && !typed {
				_, ok = v.Text()
			}
		case "scope":
			if len(r.cfg.ScopeClaims) == 0 {
				t.Scopes, ok = scopeString(v)
				s.granted = len(t.Scopes) > 0
			}
			e.scope = v
		case "cnf":
			t.Confirmation, ok = confirmation(v)
		case "act":
			ok = actor(v)
		case "authorization_details":
			ok = details(v)
		case "scp":
			e.scp = v
		case "azp":
			e.clients[1] = v
		case "typ":
			e.typ = v
		case "token_use":
			e.use = v
		case "token_type":
			_, ok = v.Text()
			ok = ok || !r.cfg.Answer
			e.tokenType = v
		case "nonce", "at_hash", "c_hash", "s_hash":
			if e.ofIDTokens == "" {
				e.ofIDTokens = name
			}
		case "events":
			e.events = true
		}
		if !ok {
			s.unreadable(r, name, v)
		}
	}
	r.readConfigured(o, s, &e)
	if r.cfg.Answer && !s.fromWhom {
		t.Issuer = r.cfg.Issuer // an empty one is said, and is not ours
	}
	r.readAudience(o, s)
	if !typed {
		s.notAccess = r.notAccess(s, &e)
	}
	_, bound := t.Confirmation["jkt"]
	s.unbound = !bound && (says(e.tokenType, "DPoP") || says(e.typ, "DPoP")) // RFC 9449 §6.2
	return s
}

// unreadable notes that the claim cannot be read. The first one counts.
func (s *Said) unreadable(r *Rules, name string, v strictjson.Value) {
	if s.unread == nil {
		s.unread = r.refuse.unreadable(name, v == "null")
	}
}

// readConfigured reads the claims that have their names from the configuration.
func (r *Rules) readConfigured(o strictjson.Object, s *Said, e *evidence) {
	if name := r.cfg.ClientClaim; name != "client_id" {
		if v, said := r.get(o, name); said {
			var ok bool
			if s.Token.ClientID, ok = v.Text(); !ok {
				s.unreadable(r, name, v)
			}
			e.clients[2] = v
		}
	}
	for _, name := range r.cfg.ScopeClaims {
		v, said := r.get(o, name)
		if !said {
			continue
		}
		more, ok := scopeList(v)
		if !ok {
			s.unreadable(r, name, v)
		}
		s.granted = s.granted || len(more) > 0 && !ofUsers(name)
		if s.Token.Scopes == nil {
			s.Token.Scopes = more
			continue
		}
		s.Token.Scopes = append(s.Token.Scopes, more...)
	}
	s.Token.Scopes = alone(s.Token.Scopes)
}

// get returns the claim, if it is there.
func (r *Rules) get(o strictjson.Object, name string) (strictjson.Value, bool) {
	v, said := o.Get(name)
	return v, said && !(r.lenient && v == "null")
}

func (r *Rules) date(v strictjson.Value) (time.Time, bool) {
	if r.cfg.Answer {
		return v.NearestDate()
	}
	return v.NumericDate()
}

// confirmation reads cnf (RFC 7800 §3.1). The result is never nil where it can be
// read: an empty cnf is one that nobody confirms.
func confirmation(v strictjson.Value) (map[string]string, bool) {
	members, err := v.Object()
	if err != nil {
		return nil, false
	}
	cnf := make(map[string]string, len(members))
	for _, m := range members {
		s, ok := m.Value.Text()
		if !ok {
			s = string(m.Value)
		}
		cnf[m.Name] = s
	}
	return cnf, true
}

// actor reports whether v is an object that names somebody by strings, if at all
// (RFC 8693 §4.1): who cannot be read cannot be kept out.
func actor(v strictjson.Value) bool {
	var few [8]strictjson.Member
	members, err := v.AppendObject(few[:0])
	if err != nil {
		return false
	}
	for _, name := range [...]string{"iss", "sub", "client_id"} {
		if value, said := members.Get(name); said {
			if _, ok := value.Text(); !ok {
				return false
			}
		}
	}
	return true
}

// details reports whether v is an array of objects with a type (RFC 9396 §2).
func details(v strictjson.Value) bool {
	each, err := v.Elements(strictjson.NoLimit)
	if err != nil {
		return false
	}
	var few [8]strictjson.Member
	for _, e := range each {
		o, err := e.AppendObject(few[:0])
		if err != nil {
			return false
		}
		typ, _ := o.Get("type")
		if _, ok := typ.Text(); !ok {
			return false
		}
	}
	return true
}
