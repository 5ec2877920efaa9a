-- For wrk: asks what a file says, line after line, again and again.
-- A line has a method, a path, a credential and a body, with tabs between them.

local requests, place, number = {}, 0, 0

function init(arguments)
    for line in io.lines(arguments[1]) do
        local method, path, credential, body = line:match("^(%u+)\t([^\t]*)\t([^\t]*)\t(.*)$")
        local page = credential:sub(1, 6) ~= "Token "
        local headers = { Accept = page and "text/html" or "application/json" }
        headers[page and "Cookie" or "Authorization"] = credential
        if body ~= "" then
            headers["Content-Type"] = "application/json"
        else
            body = nil
        end
        local text = wrk.format(method, path, headers, body)
        requests[#requests + 1] = { text = text, body = body, method = method, path = path, headers = headers }
    end
end

function request()
    place = place % #requests + 1
    local asked = requests[place]
    if not asked.body then
        return asked.text
    end
    -- Each edit is another one than the last: an edit that changes nothing would not be written.
    number = number + 1
    local body = asked.body:gsub("%[revision %d+%]", "[revision again " .. number .. "]")
    return wrk.format(asked.method, asked.path, asked.headers, body)
end
