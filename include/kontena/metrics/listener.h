#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kontena/base/settings.h"
#include "kontena/http/server.h"
#include "kontena/pki/authority.h"

// A listener of its own for who may know of everything and change nothing: over TLS, and with a token alone.
namespace kontena::metrics {

struct Where {
  std::string address;
  int port = 0;
  std::string token_file;
};

// Of the settings `metrics` and `metrics_token_file`; none where the first is not given. Code::invalid_argument where
// one is given without the other.
Result<std::optional<Where>> read_where(const settings::Values&);

http::Response plain(int status, std::string body);  // in the format of text.h

// Asked with the path of a GET that shows the right token; none: there is no such page. On a thread of the connection's own, many at a time.
using Pages = std::function<std::optional<http::Response>(const std::string& path)>;

// What is answered: `pages` alone to who shows the token (as Bearer). `there_is` says what they may ask for: "/metrics".
http::Response answer(const std::string& token, const http::Request&, const std::string& there_is, const Pages&);

// Reads the token, listens, and answers so until it is stopped. Code::permission_denied where others may read the
// token, Code::failed_precondition where it is shorter than 16 bytes.
Result<std::unique_ptr<http::Server>> listen(const Where&, const pki::KeyPair& certificate, std::string there_is, Pages);

}  // namespace kontena::metrics
