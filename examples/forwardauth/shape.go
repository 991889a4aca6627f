package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// shape finds, in a check, the method and the request target of the request
// that the check is about. An error is the proxy's fault: the check does not
// say, or not once and for all.
//
// A service has one shape. If it looked at several, the fields of a proxy that
// it does not have would be for the client to write.
type shape func(*http.Request) (method, target string, err error)

var shapes = map[string]shape{
	// nginx sends what its configuration says: see nginx.conf.
	"nginx": fields("X-Original-Method", "X-Original-Uri"),
	// Traefik sets these itself, with trustForwardHeader off.
	"traefik": fields("X-Forwarded-Method", "X-Forwarded-Uri"),
	// Envoy's check has the method and the path of the request. With a
	// path_prefix or a path_override they would not be the same any more.
	"envoy": func(r *http.Request) (string, string, error) { return r.Method, r.RequestURI, nil },
}

// fields is the shape of checks that carry method and target in two fields.
func fields(methodField, targetField string) shape {
	return func(r *http.Request) (string, string, error) {
		method, err1 := only(r, methodField)
		target, err2 := only(r, targetField)
		if err := errors.Join(err1, err2); err != nil {
			return "", "", err
		}
		if strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
			return "", "", fmt.Errorf("%s is not one method", methodField)
		}
		// Both proxies ask with GET, or with the method of the request.
		if r.Method != http.MethodGet && r.Method != method {
			return "", "", fmt.Errorf("%s contradicts the method of the check", methodField)
		}
		return method, target, nil
	}
}

// only returns the one value of a field. Two values are an error, because
// whoever chooses between them chooses wrongly.
func only(r *http.Request, field string) (string, error) {
	switch values := r.Header[field]; {
	case len(values) == 0 || values[0] == "":
		return "", fmt.Errorf("%s is missing", field)
	case len(values) > 1:
		return "", fmt.Errorf("%s is there more than once", field)
	default:
		return values[0], nil
	}
}
