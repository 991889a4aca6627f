package issuertest

import "time"

// Announce publishes a new key for RS256, ES256 and EdDSA each, which sign after
// the next Rotate: verifiers know them by then (OpenID Connect Core §10.1.1).
func (i *Issuer) Announce() { i.keys.announce() }

// Rotate changes to the keys of the last Announce, or to new ones, published only
// now, without it. The old ones stay published until Withdraw or WithdrawExpired.
func (i *Issuer) Rotate() { i.keys.rotate() }

// Withdraw takes a key out of the JWK Set. It still signs: as the current key,
// or when Sign is given its kid. It panics if the issuer never had such a key.
func (i *Issuer) Withdraw(kid string) {
	key := i.keys.find(kid)
	if key == nil {
		panic("issuertest: Withdraw: the issuer has no such key")
	}
	i.keys.mu.Lock()
	defer i.keys.mu.Unlock()
	key.published = false
}

// WithdrawExpired takes those keys out of the JWK Set that another one replaced
// so long ago that every token they signed has expired: after an hour. Tokens of
// Sign with an exp of its own do not count.
func (i *Issuer) WithdrawExpired() {
	i.keys.mu.Lock()
	defer i.keys.mu.Unlock()
	for _, key := range i.keys.all {
		if !key.retired.IsZero() && time.Since(key.retired) >= lifetime {
			key.published = false
		}
	}
}

// announce publishes the keys that rotate changes to.
func (k *keyRing) announce() {
	fresh := newKeys() // takes long: not under the lock
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = append(k.all, fresh...)
	k.next = append(k.next, fresh...)
}

// rotate changes to the keys announced, else to new ones.
func (k *keyRing) rotate() {
	k.mu.RLock()
	announced := k.next != nil
	k.mu.RUnlock()
	if !announced {
		k.announce()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, next := range k.next { // of several announcements the last one signs
		if old := k.current[next.alg]; old != nil {
			old.retired = time.Now()
		}
		k.current[next.alg] = next
	}
	k.next = nil
}
