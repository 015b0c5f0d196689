#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kontena/base/clock.h"
#include "kontena/base/synced.h"
#include "kontena/codec/json.h"
#include "kontena/http/client.h"

namespace kontena::engine::docker {

// The dialects of Docker's API that we speak, one for each step in what a container can be made
// with: every engine since 20.10 takes one of them, and replies are read in every later shape too.
enum class Dialect { none, v1_41, v1_43, v1_44, v1_45, v1_48, v1_49 };
std::string_view name(Dialect);                  // "1.41"
Dialect dialect_named(std::string_view version);  // none where it is none of ours

// The newest of ours that lies between what the engine takes at least and at
// most, both as it writes them ("1.41"). Pure.
Result<Dialect> choose(const std::string& engine, const std::string& least, const std::string& most);

// Docker's own words, on one line, with the code that its status means.
Error refusal(const http::Response&);

// How long each kind of call may take on a machine under load.
inline constexpr Duration quick{60'000};
inline constexpr Duration slow{300'000};

struct Ask {
  http::Method method = http::Method::get;
  std::string path;  // without the version: "/containers/json"; parts percent-encoded
  http::Query query = {};
  std::optional<std::string> body = {};  // JSON
  Redacted registry_auth = {};           // the header X-Registry-Auth; empty = none
  Duration timeout = quick;
};

// What /version says, as far as we want it.
struct Version {
  std::string engine;
  std::string os;
  std::string architecture;
  std::string kernel;
};

// Requests to one engine in the dialect agreed on with it. Code::unavailable from
// here always means that no engine answered. Safe from any thread.
class Wire {
 public:
  explicit Wire(std::string socket, std::unique_ptr<http::Client>);

  // Agrees on the dialect anew.
  Result<std::pair<Version, Dialect>> greet();
  // Agrees on it if that was not done since the engine was last away.
  Result<Dialect> dialect();

  // Any answer of the engine is a success here.
  Result<http::Response> send(const Ask&);
  // An answer below 300 whose body is JSON; all else is an error.
  Result<codec::Document> read(const Ask&);
  // `timeout` is the longest silence; after that the error is Code::deadline_exceeded.
  Result<http::Response> stream(const Ask&, const http::Client::Bytes&);
  // Sends an archive, in place of the ask's body, and takes the answer as it comes.
  Result<http::Response> exchange(const Ask&, const http::Headers&, const http::Client::Pieces&,
                                  const http::Client::Bytes&);

 private:
  Result<http::Response> with_dialect(const Ask&, const std::function<Result<http::Response>(const http::Request&)>&);
  Error away(Error);

  const std::string socket_;
  const std::unique_ptr<http::Client> client_;
  Synced<Dialect> dialect_{Dialect::none};
};

// A name as a segment of a path, percent-encoded; those of images keep their slashes.
std::string segment(std::string_view name);
std::string segments(std::string_view image);

}  // namespace kontena::engine::docker
