// Package profiles says what a server speaks and how hard it is driven, as
// data: one YAML file for each endpoint type (endpoints/) and each load
// (loads/), read strictly, held against themselves, and compiled.
//
// An endpoint profile compiles into a [Flow] for one [Choice] of version, login
// method and options; every combination it allows is compiled when it is read,
// so that a mistake is found before anything is sent. What a document leaves
// open is "observe" in the profile, never a guess in code: no product's name
// stands in this package's Go files. It opens no connection and keeps no
// session; a profile named by a path is the only file it reads.
package profiles
