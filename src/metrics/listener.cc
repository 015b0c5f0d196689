#include "kontena/metrics/listener.h"

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/crypto/digest.h"

namespace kontena::metrics {
namespace {

constexpr std::size_t shortest_token = 16, longest_token_file = 4'096;
constexpr std::size_t most_connections = 64;

}  // namespace

Result<std::optional<Where>> read_where(const settings::Values& values) {
  Where where{.token_file = values.text("metrics_token_file")};
  if (values.text("metrics").empty()) return std::optional<Where>();
  KTN_TRY(auto at, settings::address(values, "metrics", "0.0.0.0:7444"));
  where.address = std::move(at.host);
  where.port = at.port;
  if (where.token_file.empty())
    return Error{Code::invalid_argument, values.origin("metrics") + ": --metrics needs --metrics-token-file",
                 "(umask 077; head -c 24 /dev/urandom | base64 > metrics.token)"};
  return std::optional(std::move(where));
}

http::Response plain(int status, std::string body) {
  return {.status = status, .content_type = "text/plain; version=0.0.4; charset=utf-8", .body = std::move(body)};
}

http::Response answer(const std::string& token, const http::Request& request, const std::string& there_is, const Pages& pages) {
  if (!crypto::equal_secret(request.header("authorization"), "Bearer " + token)) {
    http::Response refused = plain(401, "a token is wanted: authorization: Bearer TOKEN\n");
    refused.headers["www-authenticate"] = "Bearer";
    return refused;
  }
  if (request.method == http::Method::get)
    if (auto page = pages(request.path)) return std::move(*page);
  return plain(404, "there is " + there_is + " here, and nothing else\n");
}

Result<std::unique_ptr<http::Server>> listen(const Where& where, const pki::KeyPair& certificate, std::string there_is, Pages pages) {
  KTN_OK(files::check_private(where.token_file, "the token of --metrics"));
  KTN_TRY(const std::string text, files::read(where.token_file, longest_token_file));
  const std::string token(text::trim(text));
  if (token.size() < shortest_token)
    return Error{Code::failed_precondition, "the token in '" + where.token_file + "' is shorter than 16 bytes"};
  auto listener = http::serve({.address = where.address,
                               .port = where.port,
                               .certificate_pem = certificate.certificate_pem,
                               .key_pem = certificate.key_pem.reveal(),
                               .max_connections = most_connections,
                               .body_limit = [](const http::Request&) { return std::optional<std::size_t>(0); }},
                              [token, there_is = std::move(there_is), pages = std::move(pages)](http::Request& request) {
                                return answer(token, request, there_is, pages);
                              });
  if (listener) log::info("serving metrics", {{"address", where.address}, {"port", (*listener)->port()}});
  return listener;
}

}  // namespace kontena::metrics
