// Package snippet finds the blocks of Go in pages of Markdown and compiles them,
// each as it stands in a package of its own. It is for tests: those in the root
// compile what the main module has the imports for, those of nested modules the
// rest.
package snippet
