-- Cycles of login, calls and logout for wrk: one session a connection can't be
-- had, since wrk's scripts see threads only, so each thread keeps as many
-- sessions as it has connections and takes the next one that waits.
local calls = tonumber(os.getenv("CALLS") or "8")
local ready, waiting = {}, {}

function init(args)
  math.randomseed(os.time())
end

function request()
  local s = table.remove(ready)
  if s == nil then
    s = { step = 0, cookie = nil }
  end
  table.insert(waiting, 1, s)
  if s.step == 0 then
    return "POST /login HTTP/1.1\r\nHost: bare\r\nContent-Length: 0\r\n\r\n"
  elseif s.step <= calls then
    return "GET /call HTTP/1.1\r\nHost: bare\r\nCookie: SID=" .. s.cookie .. "\r\n\r\n"
  end
  return "POST /logout HTTP/1.1\r\nHost: bare\r\nCookie: SID=" .. s.cookie .. "\r\nContent-Length: 0\r\n\r\n"
end

function response(status, headers, body)
  local set = headers["Set-Cookie"]
  -- A login's answer goes to a session that waits for one, any other answer to
  -- one that doesn't: within a step answers are alike.
  for i = #waiting, 1, -1 do
    local s = waiting[i]
    if (set ~= nil) == (s.step == 0) then
      table.remove(waiting, i)
      if set ~= nil then
        s.cookie = string.match(set, "SID=([^;]+)")
      end
      s.step = s.step + 1
      if s.step > calls + 1 then
        s.step, s.cookie = 0, nil
      end
      table.insert(ready, s)
      return
    end
  end
end
