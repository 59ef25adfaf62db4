package http1

// Rest makes the connection one whose last exchange was long ago.
func (c *Conn) Rest() { c.begun = -restful }
