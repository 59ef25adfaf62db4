// Package sessions holds the virtual users of a run, and with them every login
// session the run has open. Its one idea: the store in memory is the ledger on
// disk. A user is a record of 64 bytes without pointers in a memory-mapped file,
// its cookies lie beside it in a chain of small blocks; so a login costs no
// system call, the garbage collector never looks at a session, and a run that is
// killed leaves the exact state of every session behind for [Open] to read.
//
// The ledger always balances:
//
//	opened = closed + expired + abandoned + live + possibly closed
//
// Logins whose answer never came stand apart as possibly open: nobody knows yet
// whether they belong to opened.
//
// The file holds secrets, the cookies of live sessions: it has mode 0600
// whatever the umask, and is deleted after a clean end. It survives the death of
// the process as it is. What survives that of the machine is what [Store.Sync] was
// called for, and a checksum tells the jars that a crash of the system tore.
//
// The package opens no connection, knows no cookie by name and judges nothing.
package sessions
