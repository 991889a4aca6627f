package jwks_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// inCluster returns a client for the API server alone. Its folder is
// /var/run/secrets/kubernetes.io/serviceaccount in every pod.
func inCluster(folder string) (*http.Client, error) {
	ca, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New("ca.crt holds no certificate")
	}
	return &http.Client{Transport: asPod{
		token: filepath.Join(folder, "token"),
		next:  &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
	}}, nil
}

// asPod sends the pod's own token to the API server.
type asPod struct {
	token string // its file, which the kubelet renews
	next  http.RoundTripper
}

func (p asPod) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "kubernetes.default.svc" {
		return nil, errors.New("the pod's token is for the API server alone")
	}
	token, err := os.ReadFile(p.token)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	return p.next.RoundTrip(r)
}
