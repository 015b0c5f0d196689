#include <curl/curl.h>
#include <openssl/crypto.h>

#include <vector>

#include "kontena/base/panic.h"
#include "kontena/base/synced.h"
#include "kontena/http/client.h"
#include "tls.h"
#include "transfer.h"

namespace kontena::http {
namespace {

constexpr std::size_t most_idle = 16;  // connections kept for later

class CurlClient final : public Client {
 public:
  explicit CurlClient(ClientOptions options) : options_(std::move(options)) {}

  Result<Response> send(const Request& request, Duration timeout) override {
    return run({.request = request, .total = timeout});
  }
  Result<Response> stream(const Request& request, Duration quiet, const Bytes& on_bytes) override {
    return run({.request = request, .quiet = quiet, .on_bytes = &on_bytes});
  }
  Result<Response> upload(const Request& request, Duration quiet, const Source& next) override {
    if (request.method != Method::post && request.method != Method::put)
      return Error{Code::invalid_argument, "only POST and PUT upload"};
    return run({.request = request, .quiet = quiet, .next = &next});
  }

 private:
  Result<Response> run(const Job& job) {
    std::unique_ptr<Handle> handle = take();
    if (!handle->good()) return Error{Code::exhausted, "no memory for a request to " + place_of(options_)};
    auto response = transfer(options_, *handle, job);
    // Synced::with must not do I/O, so a handle too many is closed after it.
    idle_.with([&](auto& idle) {
      if (idle.size() < most_idle) idle.push_back(std::move(handle));
    });
    return response;
  }

  // The one used last: its connection is the likeliest to live.
  std::unique_ptr<Handle> take() {
    auto found = idle_.with([](auto& idle) {
      std::unique_ptr<Handle> last;
      if (!idle.empty()) last = std::move(idle.back()), idle.pop_back();
      return last;
    });
    return found ? std::move(found) : std::make_unique<Handle>();
  }

  const ClientOptions options_;
  Synced<std::vector<std::unique_ptr<Handle>>> idle_;
};

}  // namespace

void ready_tls() {
  static const bool ready = [] {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  }();
  KTN_ASSERT(ready, "curl starts");
}

std::unique_ptr<Client> connect(ClientOptions options) {
  ready_tls();
  return std::make_unique<CurlClient>(std::move(options));
}

}  // namespace kontena::http
