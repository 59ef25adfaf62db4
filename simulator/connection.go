package simulator

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	firstBuffer = 4 << 10
	lingerFor   = 500 * time.Millisecond
	lingerBytes = 256 << 10
)

// connection is one HTTP/1.1 connection, served by one goroutine.
type connection struct {
	srv    *Server
	conn   net.Conn
	buf    []byte
	base   int // bytes below belong to the request being handled
	r, w   int // buf[r:w] is read but not yet used
	x      exchange
	body   []byte // bodies that did not fit the buffer, or came in chunks
	answer []byte
	date   dateLine
	served int
}

// serve answers requests until either side ends the connection.
func (c *connection) serve() {
	for {
		c.x.reset()
		fr, f := c.readRequest()
		if f == faultConnection {
			return
		}
		if f != faultNone {
			c.refuse(f)
			return
		}
		c.served++
		if !c.srv.handle(&c.x) {
			return
		}
		limit := c.srv.options.Keepalive.MaxRequests
		last := limit > 0 && c.served >= limit
		announce := fr.closes || last && !c.srv.options.Keepalive.Abrupt
		if !c.send(announce, fr.http10 && !announce) || last || announce {
			return
		}
	}
}

// readRequest takes the next request into c.x.
func (c *connection) readRequest() (framing, fault) {
	head, f := c.readHead()
	if f != faultNone {
		return framing{}, f
	}
	fr, f := parseHead(head, &c.x)
	if f != faultNone {
		return fr, f
	}
	c.base = c.r
	f = c.readBody(&fr)
	c.base = 0
	return fr, f
}

// readHead collects bytes up to the empty line that ends a head. The bytes
// stay in place until the next call.
func (c *connection) readHead() ([]byte, fault) {
	c.rewind()
	seen := 0
	for {
		for c.w-c.r >= 2 && c.buf[c.r] == '\r' && c.buf[c.r+1] == '\n' && seen == 0 {
			c.r += 2 // RFC 9112, 2.2: empty lines before a request
		}
		if i := bytes.Index(c.buf[c.r+seen:c.w], []byte("\r\n\r\n")); i >= 0 {
			end := c.r + seen + i + 4
			head := c.buf[c.r:end]
			c.r = end
			return head, faultNone
		}
		seen = max(0, c.w-c.r-3)
		if c.w-c.r >= maxHead {
			return nil, faultHead
		}
		if !c.more(c.w == c.r) {
			return nil, faultConnection
		}
	}
}

// rewind moves what is left to the front of the buffer, and gives a buffer
// back that one large request had made big.
func (c *connection) rewind() {
	if len(c.buf) > 4*firstBuffer && c.w-c.r < firstBuffer {
		old := c.buf[c.r:c.w]
		c.buf = make([]byte, firstBuffer)
		c.r, c.w = 0, copy(c.buf, old)
	} else if c.r > 0 {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	if cap(c.body) > 4*firstBuffer {
		c.body = nil
	}
}

// more reads from the connection into free space; idle says that the wait is
// for a new request, to which the idle limit applies.
func (c *connection) more(idle bool) bool {
	if c.r == c.w {
		c.r, c.w = c.base, c.base
	}
	if c.w == len(c.buf) {
		if c.r > c.base {
			c.w = c.base + copy(c.buf[c.base:], c.buf[c.r:c.w])
			c.r = c.base
		} else if c.base > 0 {
			return false // chunk framing larger than any honest client's
		} else {
			c.buf = append(c.buf, make([]byte, max(firstBuffer, len(c.buf)))...)
		}
	}
	limit := c.srv.options.Keepalive.IdleLimit
	if idle && limit > 0 {
		c.conn.SetReadDeadline(time.Now().Add(limit))
		defer c.conn.SetReadDeadline(time.Time{})
	}
	n, err := c.conn.Read(c.buf[c.w:])
	c.w += n
	return n > 0 || err == nil
}

// readBody takes the request's body: from the buffer when it is there whole,
// else gathered aside, so that the head stays where it is.
func (c *connection) readBody(fr *framing) fault {
	if !fr.chunked && fr.length <= 0 {
		return faultNone
	}
	if fr.expects && c.r == c.w {
		if _, err := io.WriteString(c.conn, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return faultConnection
		}
	}
	if !fr.chunked && c.w-c.r >= fr.length {
		c.x.body = c.buf[c.r : c.r+fr.length]
		c.r += fr.length
		return faultNone
	}
	if len(c.buf)-c.base < 512 { // leave room to read without moving the head
		c.relocate()
	}
	c.body = c.body[:0]
	f := faultNone
	if fr.chunked {
		f = c.readChunks()
	} else {
		f = c.gather(fr.length)
	}
	c.x.body = c.body
	return f
}

// relocate puts the bytes after a head that fills the buffer into a new one;
// the head's bytes live on in the old one.
func (c *connection) relocate() {
	rest := c.buf[c.r:c.w]
	c.buf = make([]byte, firstBuffer)
	c.base, c.r = 0, 0
	c.w = copy(c.buf, rest)
}

// gather appends n bytes to c.body.
func (c *connection) gather(n int) fault {
	for n > 0 {
		if c.r == c.w && !c.more(false) {
			return faultConnection
		}
		take := min(n, c.w-c.r)
		c.body = append(c.body, c.buf[c.r:c.r+take]...)
		c.r += take
		n -= take
	}
	return faultNone
}

// readChunks appends a chunked body to c.body and drops its trailers.
func (c *connection) readChunks() fault {
	for {
		line, f := c.line()
		if f != faultNone {
			return f
		}
		size, ok := chunkLine(line)
		if !ok {
			return faultBad
		}
		if size == 0 {
			return c.skipTrailers()
		}
		if len(c.body)+size > maxBody {
			return faultTooLarge
		}
		if f := c.gather(size); f != faultNone {
			return f
		}
		if line, f = c.line(); f != faultNone || len(line) != 0 {
			return max(f, faultBad)
		}
	}
}

func (c *connection) skipTrailers() fault {
	for range 100 {
		line, f := c.line()
		if f != faultNone || len(line) == 0 {
			return f
		}
	}
	return faultHead
}

// line takes one line of chunk framing; its bytes last until the next read.
func (c *connection) line() ([]byte, fault) {
	for {
		if line, rest, ok := cutLine(c.buf[c.r:c.w]); ok {
			c.r = c.w - len(rest)
			return line, faultNone
		}
		if bytes.IndexByte(c.buf[c.r:c.w], '\n') >= 0 {
			return nil, faultBad
		}
		if c.w-c.r > 4096 {
			return nil, faultBad
		}
		if !c.more(false) {
			return nil, faultConnection
		}
	}
}

// refuse answers a request that cannot be read, and ends the connection in a
// way that lets the client see the answer.
func (c *connection) refuse(f fault) {
	c.srv.unreadable.Add(1)
	c.x.reset()
	c.x.now = c.srv.clock()
	c.x.say(int(f), "text/plain", http.StatusText(int(f))+"\n")
	c.conn.SetDeadline(time.Now().Add(lingerFor))
	if !c.send(true, false) {
		return
	}
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	io.CopyN(io.Discard, c.conn, lingerBytes)
}

// send writes the answer in one call; false when the connection is broken.
func (c *connection) send(closing, persist bool) bool {
	x := &c.x
	b := append(c.answer[:0], "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(x.status), 10)
	b = append(b, ' ')
	if x.phrase != "" {
		b = append(b, x.phrase...)
	} else {
		b = append(b, http.StatusText(x.status)...)
	}
	b = append(b, "\r\nDate: "...)
	b = append(b, c.date.at(c.srv.wall(x.now))...)
	b = append(b, "\r\n"...)
	b = append(b, x.head...)
	if x.ctype != "" {
		b = append(b, "Content-Type: "...)
		b = append(b, x.ctype...)
		b = append(b, "\r\n"...)
	}
	if x.status != 304 && x.status != 204 {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, int64(len(x.out)), 10)
		b = append(b, "\r\n"...)
	}
	if closing {
		b = append(b, "Connection: close\r\n"...)
	} else if persist {
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	b = append(b, "\r\n"...)
	if x.method != "HEAD" && x.status != 304 && x.status != 204 {
		b = append(b, x.out...)
	}
	c.answer = b
	_, err := c.conn.Write(b)
	return err == nil
}

// dateLine keeps the text of the current second.
type dateLine struct {
	second int64
	text   []byte
}

// at is the Date header's value for a time.
func (d *dateLine) at(t time.Time) []byte {
	if second := t.Unix(); second != d.second || d.text == nil {
		d.second = second
		d.text = t.UTC().AppendFormat(d.text[:0], http.TimeFormat)
	}
	return d.text
}
