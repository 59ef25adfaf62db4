package http1_test

import "strings"

func headers() []stream {
	return []stream{
		{name: "field folded", sent: answerOf("X-A: one\r\n  two\r\n\tthree\r\n"), want: `200 "hello"`, hold: true},
		{name: "field folded over a blank line", sent: answerOf("X-A: one\r\n \r\n two\r\n"), want: `200 "hello"`, hold: true},
		{name: "field folded from nothing", sent: answerOf("X-A:\r\n one\r\n"), want: `200 "hello"`, hold: true},
		{name: "field folded into the first line", sent: ok + " X-A: one\r\n\r\n", want: "protocol answered"},
		{name: "length folded", sent: ok + "Content-Length:\r\n 5\r\n\r\nhello", want: `200 "hello"`, hold: true},
		{name: "field without value", sent: answerOf("X-A:\r\nX-B: \t \r\n"), want: `200 "hello"`, hold: true},
		{name: "field of one name twice", sent: answerOf("X-A: 1\r\nx-a: 2\r\nX-A: 3\r\n"), want: `200 "hello"`, hold: true},
		{name: "field without colon", sent: answerOf("X-A\r\n"), want: "protocol answered"},
		{name: "field without name", sent: answerOf(": one\r\n"), want: "protocol answered"},
		{name: "blank before colon", sent: answerOf("X-A : one\r\n"), want: "protocol answered"},
		{name: "blank in name", sent: answerOf("X A: one\r\n"), want: "protocol answered"},
		{name: "odd name", sent: answerOf("X_A!#$%&'*+-.^`|~9: one\r\n"), want: `200 "hello"`, hold: true},
		{name: "parenthesis in name", sent: answerOf("X(A): one\r\n"), want: "protocol answered"},
		{name: "NUL in value", sent: answerOf("X-A: a\x00b\r\n"), want: "protocol answered"},
		{name: "NUL in name", sent: answerOf("X-\x00A: b\r\n"), want: "protocol answered"},
		{name: "carriage return in value", sent: answerOf("X-A: a\rb\r\n"), want: "protocol answered"},
		{name: "DEL in value", sent: answerOf("X-A: a\x7fbcdefghijk\r\n"), want: "protocol answered"},
		{name: "tab in value", sent: answerOf("X-A: abcdefgh\tijkl\r\n"), want: `200 "hello"`, hold: true},
		{name: "non-ASCII value", sent: answerOf("X-A: gr\xfc\xdfe \xe2\x82\xac\r\n"), want: `200 "hello"`, hold: true},
		{name: "non-ASCII name", sent: answerOf("X-\xfc: a\r\n"), want: "protocol answered"},
		{name: "bare line feeds", sent: "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", want: "protocol answered"},
		{name: "one bare line feed", sent: ok + "X-A: one\nContent-Length: 5\r\n\r\nhello", want: "protocol answered"},
		{name: "head of nearly 64 KiB", sent: answerOf("X-A: " + strings.Repeat("a", 50_000) + "\r\n"), want: `200 "hello"`, hold: true},
		{name: "head too long", sent: answerOf("X-A: " + strings.Repeat("a", 80_000) + "\r\n"), want: "protocol answered"},
		{name: "head too long, no line end", sent: ok + "X-A: " + strings.Repeat("a", 80_000), want: "protocol answered", hold: true},
		{name: "many fields", sent: answerOf(strings.Repeat("X-A: 1\r\n", 511)), want: `200 "hello"`, hold: true},
		{name: "too many fields", sent: answerOf(strings.Repeat("X-A: 1\r\n", 512)), want: "protocol answered"},
		{name: "Pragma", sent: answerOf("Pragma: no-cache\r\n"), want: `200 "hello"`, hold: true},
	}
}

func cookies() []stream {
	return []stream{
		{name: "cookies, several", sent: answerOf("Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2; HttpOnly\r\nset-cookie: c=3\r\n"), want: `200 "hello"`, hold: true},
		{name: "cookies of one name", sent: answerOf("Set-Cookie: a=1\r\nSet-Cookie: a=2\r\n"), want: `200 "hello"`, hold: true},
		{name: "cookies joined by comma", sent: answerOf("Set-Cookie: a=1, b=2; Path=/\r\n"), want: `200 "hello"`, hold: true},
		{name: "cookie folded", sent: answerOf("Set-Cookie: a=1;\r\n Path=/;\r\n HttpOnly\r\n"), want: `200 "hello"`, hold: true},
		{name: "cookie empty", sent: answerOf("Set-Cookie:\r\nSet-Cookie: \r\n"), want: `200 "hello"`, hold: true},
		{name: "cookie quoted", sent: answerOf("Set-Cookie: a=\"x y\"; Version=1\r\n"), want: `200 "hello"`, hold: true},
		{name: "cookie on 304", sent: "HTTP/1.1 304 Not Modified\r\nSet-Cookie: a=1\r\n\r\n", want: `304 ""`, hold: true},
	}
}

func cut() []stream {
	return []stream{
		{name: "nothing", sent: "", want: "read written"},
		{name: "nothing, on a reused connection", sent: "", want: "read written reused", prior: true},
		{name: "nothing, held open", sent: "", want: "timeout written", hold: true},
		{name: "cut in protocol name", sent: "HTT", want: "read answered"},
		{name: "cut in status line", sent: "HTTP/1.1 20", want: "read answered"},
		{name: "cut in status line, held open", sent: "HTTP/1.1 20", want: "timeout answered", hold: true},
		{name: "cut after status line", sent: ok, want: "read answered"},
		{name: "cut in field name", sent: ok + "Content-Le", want: "read answered"},
		{name: "cut in field value", sent: ok + "Content-Length: 1", want: "read answered"},
		{name: "cut before empty line", sent: ok + "Content-Length: 5\r\n", want: "read answered"},
		{name: "cut in empty line", sent: ok + "Content-Length: 5\r\n\r", want: "read answered"},
		{name: "cut before body", sent: ok + "Content-Length: 5\r\n\r\n", want: "read answered"},
		{name: "cut in body", sent: ok + "Content-Length: 5\r\n\r\nhel", want: "read answered"},
		{name: "cut in body, held open", sent: ok + "Content-Length: 5\r\n\r\nhel", want: "timeout answered", hold: true},
		{name: "cut in body, on a reused connection", sent: ok + "Content-Length: 5\r\n\r\nhel", want: "read answered reused", prior: true},
	}
}

func noHTTP() []stream {
	return []stream{
		{name: "garbage", sent: "SSH-2.0-OpenSSH_9.2\r\n", want: "protocol answered"},
		{name: "garbage without line end", sent: "\x00\x01\x02", want: "protocol answered"},
		{name: "garbage, held open", sent: "220 mail", want: "protocol answered", hold: true},
		{name: "HTTP/0.9", sent: "<html><body>hello</body></html>\r\n", want: "protocol answered"},
		{name: "HTTP/2 frames", sent: "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\n", want: "protocol answered"},
		{name: "HTTP/2 preface", sent: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", want: "protocol answered"},
		{name: "TLS alert", sent: "\x15\x03\x01\x00\x02\x02\x0a", want: "protocol answered", hold: true},
		{name: "empty line first", sent: "\r\n" + answerOf(""), want: "protocol answered"},
		{name: "status 999", sent: "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", want: `999 ""`, hold: true},
		{name: "status 099", sent: "HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n", want: "protocol answered", hold: true},
		{name: "status of two digits", sent: "HTTP/1.1 20 OK\r\n\r\n", want: "protocol answered"},
		{name: "status of four digits", sent: "HTTP/1.1 2000 OK\r\n\r\n", want: "protocol answered"},
		{name: "status no number", sent: "HTTP/1.1 abc OK\r\n\r\n", want: "protocol answered"},
		{name: "status with sign", sent: "HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n", want: "protocol answered"},
		{name: "no status", sent: "HTTP/1.1\r\n\r\n", want: "protocol answered"},
		{name: "no reason", sent: "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", want: `200 ""`, hold: true},
		{name: "blank reason", sent: "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", want: `200 ""`, hold: true},
		{name: "control byte in reason", sent: "HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n", want: "protocol answered", hold: true},
		{name: "two blanks before status", sent: "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n", want: "protocol answered", hold: true},
		{name: "HTTP/1.2", sent: "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", want: "protocol answered", hold: true},
		{name: "HTTP/2.0", sent: "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", want: "protocol answered", hold: true},
		{name: "HTTP/1.10", sent: "HTTP/1.10 200 OK\r\n\r\n", want: "protocol answered"},
		{name: "http/1.1", sent: "http/1.1 200 OK\r\n\r\n", want: "protocol answered"},
	}
}

func lengths() []stream {
	of := func(value string) string { return ok + "Content-Length: " + value + "\r\n\r\nhello" }
	return []stream{
		{name: "length negative", sent: of("-5"), want: "protocol answered"},
		{name: "length with sign", sent: of("+5"), want: "protocol answered"},
		{name: "length hexadecimal", sent: of("0x5"), want: "protocol answered"},
		{name: "length empty", sent: of(""), want: "protocol answered"},
		{name: "length overflows", sent: of("99999999999999999999"), want: "protocol answered"},
		{name: "length with a unit", sent: of("5 bytes"), want: "protocol answered"},
		{name: "length as a list", sent: of("5, 5"), want: "protocol answered"},
		{name: "length twice the same", sent: of("5\r\nContent-Length: 5"), want: `200 "hello"`, hold: true},
		{name: "length twice, differing", sent: of("5\r\nContent-Length: 6"), want: "protocol answered"},
		{name: "length twice, differing in zeros", sent: of("5\r\nContent-Length: 05"), want: "protocol answered"},
		{name: "length with zeros", sent: of("0005"), want: `200 "hello"`, hold: true},
		{name: "length too long for the body", sent: of("6"), want: "read answered"},
		{name: "length bad, on HEAD", sent: ok + "Content-Length: x\r\n\r\n", want: "protocol answered", head: true},
		{name: "length bad, on 204", sent: "HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n", want: "protocol answered"},
	}
}
