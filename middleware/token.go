package middleware

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/warder-go/warder/internal/strictjson"
)

// Token is what a verified access token says. The fields are named for their
// claims (RFC 9068 §2.2); one that the token lacks is its zero value.
//
// A Token is shared between requests: never modify it. Its slices are
// clipped, so that append copies. It never holds the token itself.
type Token struct {
	Issuer   string // iss
	Subject  string // sub; means something only together with Issuer (RFC 8725 §3.8)
	ClientID string // client_id
	ID       string // jti

	Audience []string // aud
	Scopes   []string // scope, split at spaces (RFC 6749 §3.3)

	IssuedAt  time.Time // iat
	NotBefore time.Time // nbf
	Expiry    time.Time // exp

	AuthTime time.Time // auth_time: when the user signed in
	ACR      string    // acr: how

	// Confirmation holds the cnf claim by member (RFC 7800 §3.1), such as
	// "jkt" or "x5t#S256". Nil means that the token is not sender-constrained.
	// A member that is not a JSON string is here as its JSON text, so that no
	// member is overlooked: a guard refuses every token with a member that
	// none of its bindings confirms, and one whose cnf is empty.
	Confirmation map[string]string

	// Raw is every claim as received: one JSON object.
	Raw json.RawMessage
}

// Claim decodes the claim with exactly this name into v, as encoding/json
// does, and reports whether the token has it. A claim that is null is there: it
// reports true and leaves v as it was, unless v holds a pointer, a map, a slice
// or an interface, which become nil. The error never quotes the claim's value.
func (t *Token) Claim(name string, v any) (bool, error) {
	claims, err := t.object()
	if err != nil {
		return false, err
	}
	value, ok := claims.Get(name)
	if !ok {
		return false, nil
	}
	if err := json.Unmarshal([]byte(value), v); err != nil {
		// encoding/json quotes numbers and characters of the value.
		return true, errors.New("middleware: the claim does not fit its Go type")
	}
	return true, nil
}

// Claims decodes all claims into v, as encoding/json does, with one
// difference: a claim reaches a field of a struct only if its name is
// exactly the field's. encoding/json would also take "EXP" for "exp"
// (RFC 7519 §4: names are case-sensitive). For a struct with two names that
// differ only in case it returns an error, as encoding/json may take one for
// the other. The error quotes no value.
func (t *Token) Claims(v any) error { return decode(t.Raw, v) }

// decode is json.Unmarshal of one JSON object, or of none at all, with exact
// names and with errors that quote nothing.
func decode(doc json.RawMessage, v any) error {
	if len(doc) == 0 {
		doc = json.RawMessage("{}")
	}
	if names := fieldNames(v); names != nil {
		if haveTwins(names) {
			return errors.New("middleware: the Go type has two claims whose names differ only in case")
		}
		members, err := strictjson.Parse(string(doc))
		if err != nil {
			return errNotAnObject
		}
		doc = exactMembers(members, names)
	}
	if err := json.Unmarshal(doc, v); err != nil {
		return errors.New("middleware: the claims do not fit their Go type")
	}
	return nil
}

var errNotAnObject = errors.New("middleware: Raw is not a JSON object")

// LogValue says which token this is by iss, client_id and jti: nothing
// personal, and never the token itself.
func (t *Token) LogValue() slog.Value {
	if t == nil {
		return slog.Value{}
	}
	return slog.GroupValue(
		slog.String("iss", t.Issuer),
		slog.String("client_id", t.ClientID),
		slog.String("jti", t.ID),
	)
}

// object reads Raw. A Token made by hand, as tests do, may have none.
func (t *Token) object() (strictjson.Object, error) {
	if len(t.Raw) == 0 {
		return nil, nil
	}
	claims, err := strictjson.Parse(string(t.Raw))
	if err != nil {
		return nil, errNotAnObject
	}
	return claims, nil
}

// fieldNames returns the JSON names of the struct that v leads to, or nil if
// it leads to something else or decodes itself. It goes the way of
// encoding/json, through pointers and through interfaces that hold pointers.
func fieldNames(v any) map[string]bool {
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer || rv.Kind() == reflect.Interface {
		if rv.Type().Implements(reflect.TypeFor[json.Unmarshaler]()) {
			return nil
		}
		switch {
		case rv.Kind() == reflect.Interface:
			if rv = rv.Elem(); rv.Kind() != reflect.Pointer || rv.IsNil() {
				return nil // what it holds is replaced
			}
		case rv.IsNil():
			rv = reflect.Zero(rv.Type().Elem())
		default:
			rv = rv.Elem()
		}
	}
	if rv.Kind() != reflect.Struct {
		return nil
	}
	names := make(map[string]bool)
	addNames(names, rv.Type(), make(map[reflect.Type]bool))
	return names
}

// addNames adds the names of t's fields, those of embedded structs included.
// A name too many here could let a claim through to a field whose name
// differs from it in case, so a field that encoding/json ignores has none.
func addNames(names map[string]bool, t reflect.Type, seen map[reflect.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	for f := range t.Fields() {
		tag := f.Tag.Get("json")
		name, _, _ := strings.Cut(tag, ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case tag == "-":
		case f.Anonymous && name == "" && inner.Kind() == reflect.Struct:
			addNames(names, inner, seen)
		case !f.IsExported():
		case name == "":
			names[f.Name] = true
		default:
			names[name] = true
		}
	}
}

// haveTwins reports whether two of names are equal but for case, as
// encoding/json folds it.
func haveTwins(names map[string]bool) bool {
	all := slices.Collect(maps.Keys(names))
	for i, name := range all {
		if slices.ContainsFunc(all[:i], func(o string) bool { return strings.EqualFold(name, o) }) {
			return true
		}
	}
	return false
}

// exactMembers prints the members of o that names holds.
func exactMembers(o strictjson.Object, names map[string]bool) json.RawMessage {
	doc := []byte{'{'}
	for _, m := range o {
		if !names[m.Name] {
			continue
		}
		if len(doc) > 1 {
			doc = append(doc, ',')
		}
		name, err := json.Marshal(m.Name)
		if err != nil {
			continue // a string always marshals
		}
		doc = append(doc, name...)
		doc = append(doc, ':')
		doc = append(doc, m.Value...)
	}
	return append(doc, '}')
}
