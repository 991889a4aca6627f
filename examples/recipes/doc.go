// Package recipes holds code to copy, not to import: what some APIs need and
// the library does not decide for them. Pages in docs show each of them, and the
// tests here run them over HTTP. Each file stands alone, so that it compiles in a
// package of its own.
package recipes
