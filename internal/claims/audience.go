package claims

import (
	"slices"

	"github.com/warder-go/warder/internal/strictjson"
)

// readAudience reads the claim that names audiences, unless it is aud. An aud that
// names nobody is none beside it.
func (r *Rules) readAudience(o strictjson.Object, s *Said) {
	s.named = s.aud
	if name := r.cfg.AudienceClaim; name != "aud" {
		s.named = nil
		if v, said := r.get(o, name); said {
			var ok bool
			if s.named, ok = r.audience(v); !ok {
				s.unreadable(r, name, v)
			}
		}
	}
	if s.Token.Audience = s.aud; len(s.aud) == 0 {
		s.Token.Audience = s.named
	}
}

// audience is [Audience], which costs nothing for what is one of ours alone.
func (r *Rules) audience(v strictjson.Value) ([]string, bool) {
	if s, ok := v.Text(); ok {
		if i := slices.Index(r.cfg.Audience, s); i >= 0 {
			return r.ours[i : i+1 : i+1], true
		}
	}
	return Audience(v)
}

// Audience reads what aud may be: a string or an array of strings (RFC 7519
// §4.1.3). An array is not nil, even if it is empty.
func Audience(v strictjson.Value) ([]string, bool) {
	if s, ok := v.Text(); ok {
		return []string{s}, true
	}
	list, ok := v.Texts()
	return slices.Clip(list), ok
}
