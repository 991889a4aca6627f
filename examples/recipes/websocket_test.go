package recipes_test

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/warder-go/warder/examples/recipes"
	"github.com/warder-go/warder/middleware"
)

// accept answers a WebSocket handshake (RFC 6455 §4.2.2) and sends one text
// message: the subject of the token.
func accept(w http.ResponseWriter, r *http.Request) {
	token, _ := middleware.FromContext(r.Context())
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "no WebSocket", http.StatusInternalServerError)
		return
	}
	defer conn.Close()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: notes.v1\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	conn.Write(append([]byte{0x81, byte(len(token.Subject))}, token.Subject...))
}

func TestFromSubprotocol(t *testing.T) {
	a := newAPI(t, &middleware.Options{Sources: []middleware.Source{middleware.FromHeader, recipes.FromSubprotocol}}, nil, accept)
	token := a.issuer.Token(nil)
	handshake := []string{
		"Connection", "Upgrade", "Upgrade", "WebSocket", "Sec-WebSocket-Version", "13",
		"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==",
	}
	const protocol = "Sec-WebSocket-Protocol"

	t.Run("a token among the subprotocols opens the connection, and is not chosen", func(t *testing.T) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", a.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(handshake); i += 2 {
			r.Header.Set(handshake[i], handshake[i+1])
		}
		r.Header.Set(protocol, "notes.v1, bearer."+token)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusSwitchingProtocols {
			t.Fatal(response.Status, response.Header.Get("WWW-Authenticate"))
		}
		if got := response.Header.Values(protocol); len(got) != 1 || got[0] != "notes.v1" {
			t.Errorf("the server chose %q", got)
		}
		if got := response.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
			t.Errorf("Sec-WebSocket-Accept: %s", got) // the example of RFC 6455 §1.3
		}
		message, err := io.ReadAll(response.Body)
		if err != nil || string(message) != "\x81\x04user" {
			t.Errorf("received %q, %v", message, err)
		}
	})

	for _, row := range []struct {
		name   string
		fields []string
		want   string
	}{
		{"no token among them", append(handshake, protocol, "notes.v1"), "401 no error"},
		{"a bad token", append(handshake, protocol, "notes.v1, bearer.abc.def"), "401 invalid_token"},
		{"an empty token", append(handshake, protocol, "notes.v1, bearer."), "400 invalid_request"},
		{"two tokens in one field", append(handshake, protocol, "bearer."+token+", bearer."+token), "400 invalid_request"},
		{"two tokens in two fields", append(handshake, protocol, "bearer."+token, protocol, "bearer."+token), "400 invalid_request"},
		{"a token in the header too", append(handshake, protocol, "bearer."+token, "Authorization", "Bearer "+token), "400 invalid_request"},
		{"a bad token without a handshake is seen", []string{protocol, "bearer.abc.def"}, "401 invalid_token"},
		{"a bad token in a handshake that is spelled oddly is seen",
			[]string{"Connection", "Upgrade", "Upgrade", "h2c, websocket", protocol, "bearer.abc.def"}, "401 invalid_token"},
		{"a token in the header too, in a handshake that is spelled oddly",
			[]string{"Upgrade", "websocket/13", protocol, "bearer." + token, "Authorization", "Bearer " + token}, "400 invalid_request"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := outcome(a.send("GET", "/", "", row.fields...)); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}
