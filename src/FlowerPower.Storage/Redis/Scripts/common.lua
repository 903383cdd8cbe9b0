-- What every script of a shard shares; the store puts it before each of them.
-- Numbers of a log are decimal strings in Redis, because Lua's doubles print 1e+15; places and instants are compared as numbers,
-- never as Lua strings, whose order depends on the server's locale.

local function decimal(n) return string.format('%.0f', n) end

local function head_of(key)
  local h = redis.call('HMGET', key, 'node', 'claim', 'seq', 'tok', 'cut')
  return {
    node = h[1] or '', claim = h[2] or '',
    seq = tonumber(h[3] or '0'), tok = h[4] or string.rep('0', 32), cut = tonumber(h[5] or '0'),
  }
end

-- A bucket's number as bytes, no code the beginning of another: two bytes, or four whose first four bits are ones.
local function code_of(number)
  if number < 0xF000 then return struct.pack('>I2', number) end
  return struct.pack('>I4', 0xF0000000 + number)
end

local function number_of(code)
  local two = struct.unpack('>I2', code)
  if two < 0xF000 then return two end
  return struct.unpack('>I4', code) - 0xF0000000
end

-- A record's value: code, flags, the instant it is sorted by, the instant it expires at if bit 1 of the flags is set, and the rest.
local function parse(value)
  local width = string.byte(value, 1) < 0xF0 and 2 or 4
  local flags = string.byte(value, width + 1)
  return {
    code = string.sub(value, 1, width),
    live = flags % 2 == 1,
    sort = string.sub(value, width + 2, width + 9),
    expires = flags % 4 >= 2 and string.sub(value, width + 10, width + 17) or nil,
  }
end

-- An instant in whole milliseconds, rounded down: 10,000 ticks each, exact in a double.
local function millis(ticks)
  local high, low = struct.unpack('>I4I4', ticks)
  local rest = (high % 10000) * 4294967296 + low
  return math.floor(high / 10000) * 4294967296 + math.floor(rest / 10000)
end

local function is_due(expires, now)
  local h1, l1 = struct.unpack('>I4I4', expires)
  local h2, l2 = struct.unpack('>I4I4', now)
  return h1 < h2 or (h1 == h2 and l1 <= l2)
end

-- Calls a command with as many arguments as there are, in portions that Lua's stack can take.
local function in_portions(command, key, arguments)
  for i = 1, #arguments, 4000 do
    redis.call(command, key, unpack(arguments, i, math.min(i + 3999, #arguments)))
  end
end

local function values_of(key, ids)
  local values = {}
  for i = 1, #ids, 4000 do
    local page = redis.call('HMGET', key, unpack(ids, i, math.min(i + 3999, #ids)))
    for j = 1, #page do values[i + j - 1] = page[j] end
  end
  return values
end
