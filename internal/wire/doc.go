// Package wire asks authorization servers questions over HTTP, with bounds.
//
// It works on a copy of the caller's [http.Client]: the caller's transport
// (proxies, client certificates, roots) is kept, everything that could make a
// fetch unbounded or surprising is replaced:
//
//   - every call ends: at the context's deadline, at the client's own Timeout
//     where that is shorter, and after ten seconds where neither is set;
//   - an answer is read up to a limit, counted after decompression;
//   - redirects are followed for GET and HEAD alone, a fixed number of times,
//     never from https to http, and never to a loopback or link-local host
//     unless the request began at one; nothing but content negotiation and
//     validators goes along to another host;
//   - there is no cookie jar.
//
// Errors are re-worded: an [*Error] names what kind of thing went wrong and the
// host that was configured. It never repeats a path, a query, userinfo, a body
// or the text of an underlying error, all of which may carry secrets or words
// chosen by a stranger.
package wire
