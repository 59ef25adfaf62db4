// Package document decodes YAML configuration: one strict decoder for every
// file a user writes.
//
// A mistake is never guessed away. Unknown keys, wrong types, duplicate keys,
// empty values and second documents are all refused, and all of them at once,
// each with file, line, column, its path in the document, and what was probably
// meant. Defaults, merging of files and environment variables are not its
// business: what isn't written leaves the Go value as it was.
package document
