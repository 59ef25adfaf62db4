-- Cycles of login, calls and logout for wrk. Its scripts see threads, not
-- connections, so a session can't be tied to one: each thread keeps as many
-- sessions as it has connections, and the next request is that of any session
-- whose answer has come. An answer belongs to some session that waits for one of
-- its kind (it sets a cookie or doesn't); within a kind answers are alike.
local calls = tonumber(os.getenv("CALLS") or "8")
local match, get = string.match, "GET /call HTTP/1.1\r\nHost: bare\r\nCookie: SID="
local login = "POST /login HTTP/1.1\r\nHost: bare\r\nContent-Length: 0\r\n\r\n"
local logout = "POST /logout HTTP/1.1\r\nHost: bare\r\nContent-Length: 0\r\nCookie: SID="
local ready, opening, waiting = {}, {}, {} -- stacks of sessions
local readies, openings, waitings = 0, 0, 0

function request()
  local s
  if readies > 0 then
    s = ready[readies]
    readies = readies - 1
  else
    s = { step = 0 }
  end
  if s.step == 0 then
    openings = openings + 1
    opening[openings] = s
    return login
  end
  waitings = waitings + 1
  waiting[waitings] = s
  if s.step <= calls then
    return s.call
  end
  return s.logout
end

function response(status, headers, body)
  local set, s = headers["Set-Cookie"]
  if set ~= nil then
    s = opening[openings]
    openings = openings - 1
    local cookie = match(set, "SID=([^;]+)")
    s.call, s.logout = get .. cookie .. "\r\n\r\n", logout .. cookie .. "\r\n\r\n"
    s.step = 1
  else
    s = waiting[waitings]
    waitings = waitings - 1
    s.step = s.step + 1
    if s.step > calls + 1 then
      s.step = 0
    end
  end
  readies = readies + 1
  ready[readies] = s
end
