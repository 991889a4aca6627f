// Package strictjson reads I-JSON (RFC 7493) that strangers wrote: JOSE headers,
// claims, JWKs, metadata and introspection answers.
//
// encoding/json is lenient where security needs one reading only: names match
// without regard to case, the last of two equal names wins, invalid UTF-8 is
// replaced, null becomes a zero value, a Decoder ignores what follows the value.
// Here names are exact, a name appears once in its object, text is valid UTF-8
// without lone surrogates or noncharacters, nothing follows the object, and depth
// and the number of members are bounded.
//
// Documents are strings, so that every name and value is a substring and costs
// nothing. Errors are fixed texts that quote no input.
package strictjson
