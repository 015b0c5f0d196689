#pragma once

#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "arguments.h"
#include "context.h"
#include "kontena/api/call.h"
#include "kontena/api/endpoints.h"

namespace kontena::client {

// Where a command goes: from options, environment and configuration, in this order.
// With --context on the command line the variables do not count.
struct Target {
  std::string context;  // its name; "" where options or variables stand for one
  std::string url;
  std::string ca_pem;  // of the context; may be another server's than the token's
  Redacted token;
  std::string grid;  // "" = the server has one grid only, or one named default
  std::string project = "default";
};
// REQUIRES nothing of the network. A url or token that is missing is an error that
// tells how to log in.
Result<Target> find_target(const Outside&, const Arguments&);

// The token's text from --token-file (a file that only its owner reads, or "-" for
// standard input); none where the option was not given.
Result<std::optional<Redacted>> token_from_file(const Outside&, const Arguments&);

// The CA that the token pins: the one at hand where it is that, else from the cache
// or from the server.
Result<std::string> pinned_authority(const Outside&, const Redacted& token, const std::string& url,
                                     const std::string& at_hand);

// The server, called when first needed.
class Link {
 public:
  Link(Outside& outside, const Arguments& arguments) : outside_(outside), arguments_(arguments) {}

  Result<const Target*> target();
  Result<http::Client*> client();
  Result<std::string> grid();  // asks the server for its grids where none was named
  Result<std::string> project();

  // The path of a pattern that starts with /v1/grids/{grid} (and /projects/{project}):
  // these two are filled in, the rest are `values`.
  Result<std::string> path(std::string_view pattern, std::initializer_list<std::string_view> values = {});

  template <class T>
  Result<T> get(std::string path, http::Query query = {}, Duration timeout = api::usual_timeout) {
    return call<T>({.path = std::move(path), .query = std::move(query)}, timeout);
  }
  template <class T = api::Nothing, class Body = api::Nothing>
  Result<T> send(http::Method method, std::string path, const Body& body = {}, http::Query query = {},
                 Duration timeout = api::usual_timeout) {
    http::Request request{.method = method, .path = std::move(path), .query = std::move(query)};
    if constexpr (!std::is_same_v<Body, api::Nothing>) {
      request.headers["content-type"] = "application/json";
      request.body = codec::to_json(body);
    }
    return call<T>(request, timeout);
  }
  Status remove(std::string path, http::Query query = {});  // whatever the answer's body is

 private:
  template <class T>
  Result<T> call(const http::Request& request, Duration timeout) {
    KTN_TRY(const std::string text, call_text(request, timeout));
    auto answer = codec::from_json<T>(text);
    if (!answer)
      return not_understood({Code::unavailable, "the server's answer cannot be read: " + answer.error().message});
    return answer;
  }
  Result<std::string> call_text(const http::Request&, Duration timeout);
  // May come of a server of another version: asks for it, and tells.
  Error not_understood(Error);

  Outside& outside_;
  const Arguments& arguments_;
  std::optional<Target> target_;
  std::unique_ptr<http::Client> client_;
};

// "" where the two work together, else what to do: one minor version apart is fine.
std::string version_advice(std::string_view client, std::string_view server);

}  // namespace kontena::client
