-- For wrk: asks for one of COUNT paths after another, in no order that a cache could follow.
-- wrk -s paths.lua URL -- PREFIX COUNT
local prefix, count
local at = 1

function init(args)
  prefix = args[1]
  count = tonumber(args[2])
end

function request()
  at = (at * 1103515245 + 12345) % 2147483648
  return wrk.format(nil, prefix .. (at % count))
end
