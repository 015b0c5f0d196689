#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "kontena/api/message_fields.h"
#include "kontena/http/client.h"

// Calls of the API over any http::Client: what agent and client have in common.
namespace kontena::api {

inline constexpr Duration usual_timeout{20'000};

// The answer's body, or its ErrorAnswer as the Error it was on the server. An
// answer that is neither is Code::unavailable: something else is at the other end.
Result<std::string> call_text(http::Client&, const http::Request&, Duration timeout = usual_timeout);

// What an answer of status 300 and more says.
Error error_of(const http::Response&);

template <class Answer>
Result<Answer> call(http::Client& client, const http::Request& request, Duration timeout = usual_timeout) {
  KTN_TRY(const std::string text, call_text(client, request, timeout));
  auto answer = codec::from_json<Answer>(text);
  if (!answer) return Error{Code::unavailable, "the server's answer cannot be read: " + answer.error().message};
  return answer;
}

template <class Answer, class Body>
Result<Answer> call(http::Client& client, http::Method method, std::string path, const Body& body,
                    Duration timeout = usual_timeout) {
  http::Request request{.method = method, .path = std::move(path)};
  request.headers["content-type"] = "application/json";
  request.body = codec::to_json(body);
  return call<Answer>(client, request, timeout);
}

struct Nothing {};  // a body without fields

// The authority's certificate of the server at `url`, held against the pin
// (SHA-256, hex) that a token carries. Nothing secret is sent before.
Result<std::string> fetch_authority(const std::string& url, const std::string& fingerprint);

}  // namespace kontena::api

namespace kontena::codec {
template <>
struct Fields<api::Nothing> {
  static void visit(auto&, auto&) {}
};
}  // namespace kontena::codec
