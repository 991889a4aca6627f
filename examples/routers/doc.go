// Package routers puts a guard into routers and next to a CORS library that
// are not of the standard library. Each file is one lesson; docs/routers.md and
// docs/cors.md show them. It is a module of its own, so that the library does not
// depend on any of them.
package routers
