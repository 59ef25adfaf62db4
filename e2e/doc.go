// Package e2e tries what authsoak shows in a real browser: the report of a run
// and the live page. It is a module of its own, so that the browser's driver is
// no dependency of authsoak. It needs Chromium:
//
//	apt-get install chromium
//	cd e2e && go test ./...
//
// With AUTHSOAK_SHOTS set to a folder, the tests leave pictures of the pages
// there.
package e2e
