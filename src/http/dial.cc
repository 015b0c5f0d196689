#include "kontena/http/dial.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <thread>

#include "kontena/base/text.h"
#include "tls.h"
#include "transfer.h"

namespace kontena::http {
namespace {

class CurlWire final : public Wire {
 public:
  static Result<std::unique_ptr<Wire>> open(const DialOptions& options) {
    ready_tls();
    auto wire = std::make_unique<CurlWire>();
    if (!wire->easy_) return Error{Code::exhausted, "no memory for a connection to " + options.host};
    KTN_OK(wire->connect(options));
    return std::unique_ptr<Wire>(std::move(wire));
  }
  ~CurlWire() override { closing_.emplace(); }

  Status write(std::string_view bytes, Duration timeout) override {
    const NoPipeSignal guard;
    const Duration until = clock_.steady() + timeout;
    while (!bytes.empty()) {
      std::size_t sent = 0;
      const CURLcode code = curl_easy_send(easy_.get(), bytes.data(), bytes.size(), &sent);
      if (code != CURLE_OK && code != CURLE_AGAIN) return broken(code);
      bytes.remove_prefix(std::min(sent, bytes.size()));
      if (code == CURLE_AGAIN) {
        KTN_OK(wait(POLLOUT, until));
      }
    }
    return Done{};
  }

  Result<std::string> read(std::size_t most, Duration timeout) override {
    const NoPipeSignal guard;
    const Duration until = clock_.steady() + timeout;
    std::string bytes(most, '\0');
    for (;;) {
      std::size_t got = 0;
      const CURLcode code = curl_easy_recv(easy_.get(), bytes.data(), bytes.size(), &got);
      if (code == CURLE_OK && got == 0) return Error{Code::unavailable, place_ + " closed the connection"};
      if (code == CURLE_OK) {
        bytes.resize(got);
        return bytes;
      }
      if (code != CURLE_AGAIN) return broken(code);
      KTN_OK(wait(POLLIN, until));
    }
  }

  // No event tells of acknowledgements, so they are asked for: often at first, as they come within a round trip.
  Status settle(Duration timeout) override {
    constexpr Duration longest_pause{50};
    const Duration until = clock_.steady() + timeout;
    for (Duration pause{1};; pause = std::min(pause * 2, longest_pause)) {
      int waiting = 0;
      if (::ioctl(socket_, SIOCOUTQ, &waiting) != 0) return Error{Code::unavailable, "the connection to " + place_ + " is gone"};
      if (waiting == 0) return alive();
      if (clock_.steady() >= until)
        return Error{Code::deadline_exceeded, place_ + " did not acknowledge within " + text::human_duration(timeout)};
      std::this_thread::sleep_for(pause);
    }
  }

 private:
  Status connect(const DialOptions& options) {
    const NoPipeSignal guard;
    const std::string host = options.host.find(':') == std::string::npos ? options.host : '[' + options.host + ']';
    place_ = host + ':' + std::to_string(options.port);
    const std::string url = (options.tls ? "https://" : "http://") + place_;
    CURL* const easy = easy_.get();
    std::array<char, CURL_ERROR_SIZE> detail{};
    curl_blob authorities{const_cast<char*>(options.ca_pem.data()), options.ca_pem.size(), CURL_BLOB_COPY};
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail.data());
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);  // it is no HTTP
    curl_easy_setopt(easy, CURLOPT_CAINFO, static_cast<char*>(nullptr));
    curl_easy_setopt(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr));
    curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &authorities);
    const CURLcode code = curl_easy_perform(easy);
    const auto error = [&] {
      return curl_error(easy, code, {.url = place_, .connect_timeout = options.connect_timeout}, detail.data());
    };
    Status done = code == CURLE_OK ? Status(Done{}) : Status(error());
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
    KTN_OK(done);
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket);
    if (socket == CURL_SOCKET_BAD) return Error{Code::unavailable, "the connection to " + place_ + " is gone"};
    socket_ = socket;
    return Done{};
  }

  Status wait(short what, Duration until) {
    const Duration left = until - clock_.steady();
    pollfd one{socket_, what, 0};
    if (left.count() > 0 && ::poll(&one, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 1'000))) >= 0) return Done{};
    return Error{Code::deadline_exceeded, place_ + " did not answer in time"};
  }

  // A close by the other side, or a reset, shows as readable with nothing to read.
  Status alive() {
    char byte = 0;
    const auto got = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
      return Error{Code::unavailable, place_ + " closed the connection"};
    return Done{};
  }

  Error broken(CURLcode code) const {
    return {Code::unavailable, "the connection to " + place_ + " broke off: " + text::lower(curl_easy_strerror(code))};
  }

  std::optional<NoPipeSignal> closing_;  // closing writes; see Handle
  std::unique_ptr<CURL, CurlFree<curl_easy_cleanup>> easy_{curl_easy_init()};
  int socket_ = -1;
  std::string place_;
  SystemClock clock_;
};

}  // namespace

Result<std::unique_ptr<Wire>> dial(const DialOptions& options) {
  if (options.host.empty() || options.port < 1 || options.port > 65'535)
    return Error{Code::invalid_argument, "'" + options.host + ":" + std::to_string(options.port) + "' is no place to connect to"};
  return CurlWire::open(options);
}

}  // namespace kontena::http
