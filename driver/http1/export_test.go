package http1

import "reflect"

// ReaderIsZero tells whether the next reader of the pool is as good as new.
func ReaderIsZero() bool {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	return reflect.ValueOf(*r).IsZero()
}

// Rest makes the connection one whose last exchange was long ago.
func (c *Conn) Rest() { c.begun = -restful }

// OneRecord tells what a guard says of a stream that comes in these pieces.
func OneRecord(pieces ...[]byte) bool {
	var g Guard
	for _, p := range pieces {
		g.records.follow(p)
	}
	return g.oneRecord()
}
