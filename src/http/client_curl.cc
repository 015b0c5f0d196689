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
  explicit CurlClient(ClientOptions options)
      : state_(State{std::make_shared<const ClientOptions>(std::move(options)), {}}) {}

  Result<Response> send(const Request& request, Duration timeout) override {
    return run({.request = request, .total = timeout});
  }
  Result<Response> stream(const Request& request, Duration quiet, const Bytes& on_bytes) override {
    return run({.request = request, .quiet = quiet, .on_bytes = &on_bytes});
  }
  Result<Response> upload(const Request& request, Duration quiet, const Source& next) override {
    const Pieces pieces = [&]() -> std::optional<std::string> { return next(); };
    return send_pieces({.request = request, .quiet = quiet, .next = &pieces});
  }
  Result<Response> exchange(const Request& request, Duration quiet, const Pieces& next,
                            const Bytes& on_bytes) override {
    return send_pieces({.request = request, .quiet = quiet, .on_bytes = &on_bytes, .next = &next});
  }
  void reconnect() override { ++ways_; }
  void use_certificate(const std::string& certificate_pem, const Redacted& key_pem) override {
    std::vector<std::unique_ptr<Handle>> old;  // closed outside of the lock
    state_.with([&](State& state) {
      auto next = std::make_shared<ClientOptions>(*state.options);
      next->certificate_pem = certificate_pem;
      next->key_pem = key_pem;
      state.options = std::move(next);
      old.swap(state.idle);
    });
  }

 private:
  using Options = std::shared_ptr<const ClientOptions>;
  struct State {
    Options options;
    std::vector<std::unique_ptr<Handle>> idle;  // connections made with these options
  };

  Result<Response> send_pieces(Job job) {
    if (job.request.method != Method::post && job.request.method != Method::put)
      return Error{Code::invalid_argument, "only POST and PUT upload"};
    return run(job);
  }
  Result<Response> run(Job job) {
    auto [options, handle] = take();
    if (!handle->good()) return Error{Code::exhausted, "no memory for a request to " + place_of(*options)};
    job.ways = &ways_;
    auto response = transfer(*options, *handle, job);
    // The others are as dead: who waits on one is told, and nobody is given one.
    if (handle->way_is_gone) {
      std::uint64_t is = handle->way;
      ways_.compare_exchange_strong(is, is + 1);
    }
    // Synced::with must not do I/O, so a handle too many, or one of an older
    // certificate, is closed after it.
    state_.with([&](State& state) {
      const bool good = state.options == options && handle->way == ways_;
      if (state.idle.size() < most_idle && good) state.idle.push_back(std::move(handle));
    });
    return response;
  }

  // The one used last: its connection is the likeliest to live.
  std::pair<Options, std::unique_ptr<Handle>> take() {
    std::vector<std::unique_ptr<Handle>> dead;  // closed outside of the lock
    const std::uint64_t way = ways_;
    auto found = state_.with([&](State& state) {
      std::pair<Options, std::unique_ptr<Handle>> last{state.options, nullptr};
      while (!state.idle.empty() && !last.second) {
        last.second = std::move(state.idle.back());
        state.idle.pop_back();
        if (last.second->way != way) dead.push_back(std::move(last.second));
      }
      return last;
    });
    if (!found.second) {
      found.second = std::make_unique<Handle>();
      found.second->way = way;
    }
    return found;
  }

  Ways ways_{0};
  Synced<State> state_;
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
