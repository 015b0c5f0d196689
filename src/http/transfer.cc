#include "transfer.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "kontena/base/text.h"

namespace kontena::http {
namespace {

constexpr std::size_t largest_head = 64u << 10;
constexpr long idle_seconds = 45;  // below the server's, so that we seldom write to a connection it is closing
constexpr int longest_poll_ms = 1000;

using List = std::unique_ptr<curl_slist, CurlFree<curl_slist_free_all>>;

// What curl's callbacks see of a running transfer.
struct State {
  const Job& job;
  CURL* easy;
  std::size_t largest_body;  // kept in memory; on_bytes has no limit
  SystemClock clock;
  Duration last_byte{};  // of either direction
  Duration asked{};      // when on_bytes was last called for nothing
  Response response{};
  std::size_t head_bytes = 0;
  std::string piece;  // the part of the body that is being sent
  std::size_t sent = 0;
  bool source_ended = false;
  bool stopped = false;     // on_bytes has had enough
  bool broken_off = false;  // next has no more to give
  bool too_large = false;   // the answer

  void touch() { last_byte = clock.steady(); }
  int status() const {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }
};

std::size_t on_header(char* text, std::size_t, std::size_t size, void* user) {
  State& state = *static_cast<State*>(user);
  state.touch();
  const std::string_view line = text::trim({text, size});
  if (line.starts_with("HTTP/")) state.response.headers.clear();  // of a 100 Continue before
  if ((state.head_bytes += size) > largest_head) {
    state.too_large = true;
    return 0;
  }
  if (const auto colon = line.find(':'); colon != std::string_view::npos && colon > 0)
    state.response.headers.insert_or_assign(text::lower(line.substr(0, colon)),
                                            std::string(text::trim(line.substr(colon + 1))));
  return size;
}

std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* user) {
  State& state = *static_cast<State*>(user);
  if (state.job.on_bytes && state.status() < 300) {
    state.stopped = !(*state.job.on_bytes)({bytes, size});
    state.touch();
    return state.stopped ? 0 : size;
  }
  state.touch();
  if (state.response.body.size() + size > state.largest_body) {
    state.too_large = true;
    return 0;
  }
  state.response.body.append(bytes, size);
  return size;
}

std::size_t on_read(char* to, std::size_t, std::size_t room, void* user) {
  State& state = *static_cast<State*>(user);
  if (state.sent == state.piece.size() && state.job.next && !state.source_ended) {
    auto piece = (*state.job.next)();
    if (!piece) {
      state.broken_off = true;
      return CURL_READFUNC_ABORT;
    }
    state.piece = *std::move(piece);
    state.sent = 0;
    state.source_ended = state.piece.empty();
  }
  state.touch();
  const std::size_t size = std::min(room, state.piece.size() - state.sent);
  std::memcpy(to, state.piece.data() + state.sent, size);
  state.sent += size;
  return size;
}

// Sets options one after the other and remembers the first that failed.
class Options {
 public:
  explicit Options(CURL* easy) : easy_(easy) {}
  void set(CURLoption option, auto value) {
    if (const CURLcode code = curl_easy_setopt(easy_, option, value); code != CURLE_OK && code_ == CURLE_OK)
      code_ = code;
  }
  void blob(CURLoption option, const std::string& bytes) {
    curl_blob blob{const_cast<char*>(bytes.data()), bytes.size(), CURL_BLOB_COPY};
    set(option, &blob);
  }
  CURLcode code() const { return code_; }

 private:
  CURL* easy_;
  CURLcode code_ = CURLE_OK;
};

// As the server does: what is lost of a small request is sent again soon, and soon again.
// A long poll whose way is gone, as when this host has got another address, is noticed
// within 20 s, and not at its end.
int on_socket(void* user, curl_socket_t socket, curlsocktype) {
  static_cast<Handle*>(user)->socket = socket;
  const int on = 1, probes = 3;
  ::setsockopt(socket, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, &on, sizeof on);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  return CURL_SOCKOPT_OK;
}

// curl takes these from its build, from the environment or from its own taste
// unless told: no proxy, no redirect, no signals, no other protocol, and as
// trusted authorities the one given and not the system's as well.
void set_connection(Options& options, const ClientOptions& client) {
  options.set(CURLOPT_PROTOCOLS_STR, client.unix_socket.empty() && !client.clear ? "https" : "http");
  options.set(CURLOPT_PROXY, "");
  options.set(CURLOPT_NOPROXY, "*");
  options.set(CURLOPT_FOLLOWLOCATION, 0L);
  options.set(CURLOPT_NOSIGNAL, 1L);
  options.set(CURLOPT_PATH_AS_IS, 1L);
  options.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  options.set(CURLOPT_TCP_KEEPALIVE, 1L);
  options.set(CURLOPT_TCP_KEEPIDLE, 10L);
  options.set(CURLOPT_TCP_KEEPINTVL, 3L);
  options.set(CURLOPT_MAXCONNECTS, 1L);
  options.set(CURLOPT_MAXAGE_CONN, idle_seconds);
  options.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(client.connect_timeout.count()));
  options.set(CURLOPT_USERAGENT, client.user_agent.empty() ? "kontena/" KONTENA_VERSION : client.user_agent.c_str());
  if (!client.unix_socket.empty()) {
    options.set(CURLOPT_UNIX_SOCKET_PATH, client.unix_socket.c_str());
    return;
  }
  options.set(CURLOPT_SOCKOPTFUNCTION, on_socket);
  options.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  options.set(CURLOPT_CAINFO, static_cast<char*>(nullptr));
  options.set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  options.set(CURLOPT_SSL_VERIFYPEER, client.insecure ? 0L : 1L);
  options.set(CURLOPT_SSL_VERIFYHOST, client.insecure ? 0L : 2L);
  options.set(CURLOPT_CERTINFO, 1L);  // the names, for the message about a wrong one
  if (!client.ca_pem.empty()) options.blob(CURLOPT_CAINFO_BLOB, client.ca_pem);
  if (client.certificate_pem.empty()) return;
  options.set(CURLOPT_SSLCERTTYPE, "PEM");
  options.blob(CURLOPT_SSLCERT_BLOB, client.certificate_pem);
  options.set(CURLOPT_SSLKEYTYPE, "PEM");
  options.blob(CURLOPT_SSLKEY_BLOB, client.key_pem.reveal());
  options.set(CURLOPT_KEYPASSWD, "");  // or OpenSSL asks for it on the terminal
}

// A PUT or DELETE may arrive twice without harm, so curl may send it again when a
// kept-alive connection proves dead. A POST may not: its body comes through a
// callback that can't go back, and one without body gets a fresh connection.
void set_body(Options& options, State& state) {
  const Job& job = state.job;
  const Method method = job.request.method;
  if (job.next) {
    options.set(CURLOPT_UPLOAD, 1L);
    options.set(CURLOPT_CUSTOMREQUEST, name(method).data());
    options.set(CURLOPT_READFUNCTION, on_read);
    options.set(CURLOPT_READDATA, &state);
    options.set(CURLOPT_FRESH_CONNECT, 1L);
  } else if (method == Method::post) {
    state.piece = job.request.body;
    options.set(CURLOPT_POST, 1L);
    options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(state.piece.size()));
    options.set(CURLOPT_READFUNCTION, on_read);
    options.set(CURLOPT_READDATA, &state);
    if (state.piece.empty()) options.set(CURLOPT_FRESH_CONNECT, 1L);
  } else if (method == Method::head) {
    options.set(CURLOPT_NOBODY, 1L);
  } else {
    options.set(CURLOPT_HTTPGET, 1L);
    if (method == Method::put || !job.request.body.empty()) {
      options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(job.request.body.size()));
      options.set(CURLOPT_POSTFIELDS, job.request.body.data());
    }
    options.set(CURLOPT_CUSTOMREQUEST, name(method).data());
  }
}

bool is_header(std::string_view name, std::string_view value) {
  constexpr std::string_view line_end("\r\n\0", 3);
  return !name.empty() && name.find_first_of(" \t:") == std::string_view::npos &&
         name.find_first_of(line_end) == std::string_view::npos &&
         value.find_first_of(line_end) == std::string_view::npos;
}

Result<List> header_list(const ClientOptions& client, const Job& job) {
  List list;
  const auto add = [&](const std::string& line) {
    if (curl_slist* longer = curl_slist_append(list.get(), line.c_str())) {
      static_cast<void>(list.release());
      list.reset(longer);
    }
  };
  const Headers& headers = job.request.headers;
  for (const auto& [name, value] : headers) {
    if (!is_header(name, value)) return Error{Code::invalid_argument, "'" + name + "' can't be sent as a header"};
    add(value.empty() ? name + ";" : name + ": " + value);
  }
  if (!client.bearer.empty() && !headers.contains("authorization")) {
    if (!is_header("authorization", client.bearer.reveal()))
      return Error{Code::invalid_argument, "the token has a line end in it"};
    add("Authorization: Bearer " + client.bearer.reveal());
  }
  if (!headers.contains("content-type"))
    add(job.request.body.empty() ? "Content-Type:" : "Content-Type: application/json");
  add("Expect:");  // curl would wait a second for a 100 Continue
  return list;
}

enum class End { finished, late, silent, cut_off };

// Whoever reads a stream is asked now and then whether to go on; tells whether it ends.
bool asks_on(State& state) {
  constexpr Duration beat{1'000};
  if (!state.job.on_bytes) return false;
  const int status = state.status();
  if (status < 200 || status >= 300) return false;
  const Duration now = state.clock.steady();
  if (now - std::max(state.last_byte, state.asked) < beat) return false;
  state.stopped = !(*state.job.on_bytes)({});
  state.asked = state.clock.steady();
  return state.stopped;
}

// What was sent has not even been acknowledged by the other side's kernel, which a
// server that is only slow does at once. Or it could not be sent, as from an address
// that this host has no more.
bool never_arrived(const Handle& handle) {
  int waiting = 0;
  return handle.socket >= 0 && ::ioctl(handle.socket, SIOCOUTQ, &waiting) == 0 && waiting > 0;
}

// Drives the transfer; `code` is curl's result where it finished.
End drive(Handle& handle, State& state, CURLcode& code) {
  const Duration begin = state.clock.steady();
  state.last_byte = begin;
  curl_off_t uploaded = 0;
  for (int running = 1;;) {
    if (curl_multi_perform(handle.multi.get(), &running) != CURLM_OK) {
      code = CURLE_OUT_OF_MEMORY;
      return End::finished;
    }
    if (running == 0) break;
    curl_off_t now_uploaded = 0;
    curl_easy_getinfo(state.easy, CURLINFO_SIZE_UPLOAD_T, &now_uploaded);
    if (now_uploaded != uploaded) state.touch();
    uploaded = now_uploaded;

    const Duration now = state.clock.steady();
    Duration wait{longest_poll_ms};
    if (state.job.total) {
      if (now - begin >= *state.job.total) return End::late;
      wait = std::min(wait, *state.job.total - (now - begin));
    }
    if (state.job.quiet) {
      if (now - state.last_byte >= *state.job.quiet) return End::silent;
      wait = std::min(wait, *state.job.quiet - (now - state.last_byte));
    }
    if (state.job.ways && *state.job.ways != handle.way) return End::cut_off;
    curl_multi_poll(handle.multi.get(), nullptr, 0, static_cast<int>(wait.count()) + 1, nullptr);
    if (asks_on(state)) return End::finished;
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(handle.multi.get(), &left))
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  return End::finished;
}

}  // namespace

Result<Response> transfer(const ClientOptions& client, Handle& handle, const Job& job) {
  if (!job.request.path.starts_with('/')) return Error{Code::invalid_argument, "a path starts with '/'"};
  const std::string base = client.url.ends_with('/') ? client.url.substr(0, client.url.size() - 1) : client.url;
  const std::string url = base + job.request.path + query_text(job.request.query);
  KTN_TRY(const List headers, header_list(client, job));

  const NoPipeSignal guard;
  CURL* const easy = handle.easy.get();
  State state{.job = job, .easy = easy, .largest_body = client.largest_body};
  std::array<char, CURL_ERROR_SIZE> detail{};
  curl_easy_reset(easy);  // keeps its connection
  Options options(easy);
  options.set(CURLOPT_URL, url.c_str());
  options.set(CURLOPT_ERRORBUFFER, detail.data());
  options.set(CURLOPT_HTTPHEADER, headers.get());
  options.set(CURLOPT_HEADERFUNCTION, on_header);
  options.set(CURLOPT_HEADERDATA, &state);
  options.set(CURLOPT_WRITEFUNCTION, on_body);
  options.set(CURLOPT_WRITEDATA, &state);
  set_connection(options, client);
  options.set(CURLOPT_SOCKOPTDATA, &handle);
  set_body(options, state);
  if (options.code() != CURLE_OK) return curl_error(easy, options.code(), client, curl_easy_strerror(options.code()));

  CURLcode code = CURLE_OK;
  if (curl_multi_add_handle(handle.multi.get(), easy) != CURLM_OK) return Error{Code::internal, "starting a request"};
  const End end = drive(handle, state, code);
  handle.way_is_gone = client.unix_socket.empty() && (end == End::late || end == End::silent) && never_arrived(handle);
  // Removed before its end, it takes the connection along: nobody reads the rest of that answer.
  curl_multi_remove_handle(handle.multi.get(), easy);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);

  if (end == End::cut_off)
    return Error{Code::unavailable, "the way to " + place_of(client) + " is another one by now"};
  if (end == End::late)
    return Error{Code::deadline_exceeded,
                 "no answer from " + place_of(client) + " within " + text::human_duration(*job.total)};
  if (end == End::silent)
    return Error{Code::deadline_exceeded,
                 "nothing from " + place_of(client) + " for " + text::human_duration(*job.quiet)};
  if (state.broken_off)
    return Error{Code::failed_precondition, "the request to " + place_of(client) + " was broken off"};
  if (state.too_large) return Error{Code::exhausted, "the answer of " + place_of(client) + " is too large"};
  if (code != CURLE_OK && !state.stopped) return curl_error(easy, code, client, detail.data());

  state.response.status = state.status();
  const auto type = state.response.headers.find("content-type");
  state.response.content_type = type == state.response.headers.end() ? "" : type->second;
  return std::move(state.response);
}

}  // namespace kontena::http
