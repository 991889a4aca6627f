package issuertest

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"
)

// spareRSAKeys is how many returned keys rest before the first is used again:
// tokens outlive their issuers.
const spareRSAKeys = 3

// rsaPool lends RSA keys. Making one takes a tenth of a second or more, and a
// suite makes hundreds of issuers: so a key goes back when the garbage collector
// finds that its issuer is gone. No two issuers that can be used hold the same
// key, closed or not, and no issuer holds one twice.
type rsaPool struct {
	mu   sync.Mutex
	free []*rsa.PrivateKey // longest returned first
}

var rsaKeys rsaPool

func (p *rsaPool) take() *rsa.PrivateKey {
	p.mu.Lock()
	if len(p.free) > spareRSAKeys {
		k := p.free[0]
		p.free = p.free[1:]
		p.mu.Unlock()
		return k
	}
	p.mu.Unlock()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("issuertest: cannot make an RSA key: " + err.Error())
	}
	return k
}

func (p *rsaPool) giveBack(k *rsa.PrivateKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, k)
}
