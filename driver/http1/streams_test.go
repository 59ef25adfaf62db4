package http1_test

import (
	"strings"

	"authsoak/driver/exchange"
)

func streams() []stream {
	var all []stream
	for _, group := range [][]stream{framed(), chunkedStreams(), interim(), headers(), cookies(), cut(), noHTTP(), closing(), lengths()} {
		all = append(all, group...)
	}
	return all
}

const ok = "HTTP/1.1 200 OK\r\n"

// answerOf is a complete answer with these fields and the body "hello".
func answerOf(fields string) string { return ok + fields + "Content-Length: 5\r\n\r\nhello" }

// chunkedOf is a chunked answer of these chunks.
func chunkedOf(body string) string { return ok + "Transfer-Encoding: chunked\r\n\r\n" + body }

func framed() []stream {
	long := strings.Repeat("x", 100_000)
	return []stream{
		{name: "length", sent: answerOf(""), want: `200 "hello"`, hold: true},
		{name: "length zero", sent: ok + "Content-Length: 0\r\n\r\n", want: `200 ""`, hold: true},
		{name: "no length, then close", sent: ok + "\r\nhello", want: `200 "hello" close`},
		{name: "no length, empty, then close", sent: ok + "\r\n", want: `200 "" close`},
		{name: "no length, held open", sent: ok + "\r\nhello", want: "timeout answered", hold: true},
		{name: "HEAD with length", sent: ok + "Content-Length: 5\r\n\r\n", want: `200 ""`, head: true, hold: true},
		{name: "HEAD with chunks announced", sent: ok + "Transfer-Encoding: chunked\r\n\r\n", want: `200 ""`, head: true, hold: true},
		{name: "HEAD without length", sent: ok + "\r\n", want: `200 ""`, head: true, hold: true},
		{name: "HEAD with a body", sent: answerOf(""), want: `200 "" close`, head: true, hold: true, after: true},
		{name: "204", sent: "HTTP/1.1 204 No Content\r\n\r\n", want: `204 ""`, hold: true},
		{name: "204 with length", sent: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", want: `204 ""`, hold: true},
		{name: "204 with a body", sent: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", want: `204 "" close`, hold: true, after: true},
		{name: "304 with length", sent: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\n", want: `304 ""`, hold: true},
		{name: "401 with body", sent: "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno", want: `401 "no"`, hold: true},
		{name: "body of just the limit", sent: ok + "Content-Length: 65536\r\n\r\n" + strings.Repeat("x", 65536), want: `200 (65536 bytes "xx")`, hold: true},
		{name: "body beyond the limit", sent: ok + "Content-Length: 100000\r\n\r\n" + long, want: `200 (65536 bytes "xx") of 100000`, hold: true},
		{name: "body beyond the limit, chunked", sent: chunkedOf("186a0\r\n" + long + "\r\n0\r\n\r\n"), want: `200 (65536 bytes "xx") of 100000`, hold: true},
		{name: "body beyond the limit, until close", sent: ok + "\r\n" + long, want: `200 (65536 bytes "xx") of 100000 close`},
		{name: "reused connection", sent: answerOf(""), want: `200 "hello"`, prior: true, hold: true},
	}
}

func chunkedStreams() []stream {
	return []stream{
		{name: "chunks", sent: chunkedOf("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), want: `200 "hello world"`, hold: true},
		{name: "chunks, none", sent: chunkedOf("0\r\n\r\n"), want: `200 ""`, hold: true},
		{name: "chunks, capital hex and zeros", sent: chunkedOf("00A\r\n0123456789\r\n000\r\n\r\n"), want: `200 "0123456789"`, hold: true},
		{name: "chunks, extension", sent: chunkedOf("5;a=b;c=\"d;e\"\r\nhello\r\n0;z\r\n\r\n"), want: `200 "hello"`, hold: true},
		{name: "chunks, blank after size", sent: chunkedOf("5 \r\nhello\r\n0\r\n\r\n"), want: `200 "hello"`, hold: true},
		{name: "chunks, blank before extension", sent: chunkedOf("5 ;a=b\r\nhello\r\n0\r\n\r\n"), want: "protocol answered"},
		{name: "chunks, trailers", sent: chunkedOf("5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n"), want: `200 "hello"`, hold: true},
		{name: "chunks, bad trailer", sent: chunkedOf("5\r\nhello\r\n0\r\nno colon\r\n\r\n"), want: "protocol answered"},
		{name: "chunks, endless trailers", sent: chunkedOf("0\r\n" + strings.Repeat("X-Sum: 1\r\n", 1000) + "\r\n"), want: "protocol answered"},
		{name: "chunks, empty size", sent: chunkedOf("\r\nhello\r\n0\r\n\r\n"), want: "protocol answered"},
		{name: "chunks, no hex", sent: chunkedOf("5g\r\nhello\r\n0\r\n\r\n"), want: "protocol answered"},
		{name: "chunks, 0x", sent: chunkedOf("0x5\r\nhello\r\n0\r\n\r\n"), want: "protocol answered"},
		{name: "chunks, negative", sent: chunkedOf("-5\r\nhello\r\n0\r\n\r\n"), want: "protocol answered"},
		{name: "chunks, size overflows", sent: chunkedOf("fffffffffffffffff\r\nhello\r\n0\r\n\r\n"), want: "protocol answered"},
		{name: "chunks, longer than said", sent: chunkedOf("4\r\nhello\r\n0\r\n\r\n"), want: "protocol answered"},
		{name: "chunks, bare line feed", sent: chunkedOf("5\nhello\r\n0\r\n\r\n"), want: "protocol answered"},
		{name: "chunks, endless extension", sent: chunkedOf("5;" + strings.Repeat("a", 5000) + "\r\nhello\r\n0\r\n\r\n"), want: "protocol answered"},
		{name: "chunks, more extension than data", sent: chunkedOf(strings.Repeat("1;"+strings.Repeat("a", 400)+"\r\nx\r\n", 60) + "0\r\n\r\n"), want: "protocol answered"},
		{name: "chunks, cut in size", sent: chunkedOf("5"), want: "read answered"},
		{name: "chunks, cut in data", sent: chunkedOf("5\r\nhel"), want: "read answered"},
		{name: "chunks, cut after data", sent: chunkedOf("5\r\nhello"), want: "read answered"},
		{name: "chunks, cut before the last", sent: chunkedOf("5\r\nhello\r\n"), want: "read answered"},
		{name: "chunks, cut before the end", sent: chunkedOf("5\r\nhello\r\n0\r\n"), want: "read answered"},
		{name: "chunks, cut in trailers", sent: chunkedOf("5\r\nhello\r\n0\r\nX-Sum: 1\r\n"), want: "read answered"},
		{name: "chunks, held open", sent: chunkedOf("5\r\nhello\r\n"), want: "timeout answered", hold: true},
		{name: "chunks, another coding", sent: ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", want: "protocol answered"},
		{name: "chunks, said twice", sent: ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", want: "protocol answered"},
		{name: "chunks, in capitals", sent: ok + "TRANSFER-ENCODING: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", want: `200 "hello"`, hold: true},
		{name: "chunks with a length", sent: ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n", want: "protocol answered"},
		{name: "chunks in HTTP/1.0", sent: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", want: "protocol answered"},
		{name: "chunks, forbidden trailer announced", sent: ok + "Trailer: Content-Length\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", want: `200 "hello"`, hold: true},
	}
}

func interim() []stream {
	const early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
	return []stream{
		{name: "100 first", sent: "HTTP/1.1 100 Continue\r\n\r\n" + answerOf(""), want: `200 "hello"`, hold: true},
		{name: "103 first", sent: early + answerOf(""), want: `200 "hello"`, hold: true},
		{name: "1xx as many as allowed", sent: strings.Repeat(early, exchange.InterimLimit) + answerOf(""), want: `200 "hello"`, hold: true},
		{name: "1xx one too many", sent: strings.Repeat(early, exchange.InterimLimit+1) + answerOf(""), want: "protocol answered"},
		{name: "1xx, then close", sent: early, want: "read answered"},
		{name: "1xx with length", sent: "HTTP/1.1 102 Processing\r\nContent-Length: 5\r\n\r\n" + answerOf(""), want: `200 "hello"`, hold: true},
		{name: "101", sent: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", want: "protocol answered", hold: true},
	}
}

func closing() []stream {
	return []stream{
		{name: "Connection: close", sent: answerOf("Connection: close\r\n"), want: `200 "hello" close`},
		{name: "Connection: close in a list", sent: answerOf("Connection: foo , CLOSE\r\n"), want: `200 "hello" close`},
		{name: "Connection: closed", sent: answerOf("Connection: closed\r\n"), want: `200 "hello"`, hold: true},
		{name: "HTTP/1.0", sent: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", want: `200 "hello" close`},
		{name: "HTTP/1.0 keep-alive", sent: "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 5\r\n\r\nhello", want: `200 "hello"`, hold: true},
		{name: "HTTP/1.0 until close", sent: "HTTP/1.0 200 OK\r\n\r\nhello", want: `200 "hello" close`},
		{name: "bytes after the answer", sent: answerOf("") + "x", want: `200 "hello" close`, hold: true, after: true},
		{name: "a second answer", sent: answerOf("") + answerOf(""), want: `200 "hello" close`, hold: true, after: true},
		{name: "bytes after chunks", sent: chunkedOf("0\r\n\r\n") + "\r\n", want: `200 "" close`, hold: true, after: true},
		{name: "longer body than its length", sent: ok + "Content-Length: 4\r\n\r\nhello", want: `200 "hell" close`, hold: true, after: true},
	}
}
