// Package accounts is who logs in: the credentials of virtual users, read from
// CSV or generated from a pattern, and the pool that hands them out.
//
// A million accounts are one block of bytes and a table of offsets, so that they
// cost the garbage collector nothing. No error, and no way of printing a value
// of this package, shows what an account holds.
package accounts
