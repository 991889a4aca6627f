package wire_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/warder-go/warder/internal/wire"
)

// deaf occupies port at ip like a host that is gone: what is sent there is dropped. A
// queue of connections that nobody accepts, once full, does that on Linux.
func deaf(t *testing.T, ip [4]byte, port int) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: ip, Port: port}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	for range 4 { // the first fill the queue
		d := net.Dialer{Timeout: 200 * time.Millisecond}
		if c, err := d.Dial("tcp", fmt.Sprintf("%d.%d.%d.%d:%d", ip[0], ip[1], ip[2], ip[3], port)); err == nil {
			t.Cleanup(func() { c.Close() })
		} else {
			return
		}
	}
	t.Fatal("the host still answers")
}

// names answers every question for an address with these.
func names(t *testing.T, ips ...[4]byte) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		buf := make([]byte, 512)
		for {
			n, peer, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			end := 12 // of the question: labels, a zero, type and class
			for end < n && buf[end] != 0 {
				end += int(buf[end]) + 1
			}
			end += 5
			answer := append([]byte{}, buf[:end]...)
			answer[2], answer[3] = 0x81, 0x80
			binary.BigEndian.PutUint16(answer[8:], 0)
			binary.BigEndian.PutUint16(answer[10:], 0)
			count := 0
			if binary.BigEndian.Uint16(buf[end-4:]) == 1 { // A
				for _, ip := range ips {
					count++
					answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
					answer = append(answer, ip[:]...)
				}
			}
			binary.BigEndian.PutUint16(answer[6:], uint16(count))
			server.WriteTo(answer, peer)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// Of two addresses of which the first is dead, the second is reached within the time
// that a call has.
func TestOneDeadAddressOfTwo(t *testing.T) {
	alive, dead := [4]byte{127, 0, 0, 2}, [4]byte{127, 0, 0, 3}
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	port := l.Addr().(*net.TCPAddr).Port
	deaf(t, dead, port)

	for name, row := range map[string]struct {
		ips     [][4]byte
		reaches bool
	}{
		"the first is dead":      {[][4]byte{dead, alive}, true},
		"the second is dead":     {[][4]byte{alive, dead}, true},
		"three of four are dead": {[][4]byte{dead, dead, dead, alive}, true},
		"the first refuses":      {[][4]byte{{127, 0, 0, 4}, alive}, true},
		"all are dead":           {[][4]byte{dead, dead}, false},
		"all refuse":             {[][4]byte{{127, 0, 0, 4}, {127, 0, 0, 5}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := wire.NewTransport(names(t, row.ips...))
			t.Cleanup(transport.CloseIdleConnections)
			client := wire.NewClient(&http.Client{Transport: transport}, 0)
			for how, do := range map[string]func(*http.Request, int64) (*wire.Response, error){"Do": client.Do, "DoAfresh": client.DoAfresh} {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // as introspection has
				defer cancel()
				req, err := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("http://as.example.:%d", port), nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err = do(req, limit); (err == nil) != row.reaches {
					t.Errorf("%s: %v", how, err)
				}
			}
		})
	}
}
