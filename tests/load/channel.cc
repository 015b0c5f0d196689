#include "channel.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "kontena/base/text.h"

namespace kontena::load {
namespace {

using Bio = std::unique_ptr<BIO, Free<BIO_free>>;

Bio reader(const std::string& pem) { return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

std::optional<std::string_view> header(std::string_view head, std::string_view wanted) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && text::lower(line.substr(0, colon)) == wanted)
      return text::trim(line.substr(colon + 1));
  }
  return std::nullopt;
}

}  // namespace

Result<Papers> read_papers(const std::string& certificate_pem, const Redacted& key_pem) {
  const Bio certificate = reader(certificate_pem);
  const Bio key = reader(key_pem.reveal());
  Papers papers{Certificate(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr)),
                Key(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr))};
  if (!papers.certificate || !papers.key) return Error{Code::corrupt, "a certificate or a key cannot be read"};
  return papers;
}

Result<std::unique_ptr<Place>> Place::find(const std::string& host, int port, const std::string& ca_pem) {
  auto place = std::make_unique<Place>();
  place->host = host;
  place->address.sin_family = AF_INET;
  place->address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &place->address.sin_addr) != 1)
    return Error{Code::invalid_argument, "'" + host + "' is no IPv4 address"};
  place->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = place->context.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (ca_pem.empty()) return place;
  const Bio bio = reader(ca_pem);
  const Certificate authority(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!authority || X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1)
    return Error{Code::corrupt, "the authority's certificate cannot be read"};
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return place;
}

std::string request_text(std::string_view method, const std::string& path, const std::string& body,
                         const std::string& bearer) {
  std::string text = std::string(method) + ' ' + path + " HTTP/1.1\r\nHost: kontena\r\n";
  if (!bearer.empty()) text += "Authorization: Bearer " + bearer + "\r\n";
  if (method == "POST")
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

bool Channel::connect() {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return false;
  const int one = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&place_.address), sizeof place_.address) != 0 &&
      errno != EINPROGRESS)
    return false;
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = this}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &event) != 0) return false;
  state_ = State::connecting;
  return true;
}

bool Channel::shake() {
  if (state_ == State::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) return false;
    sockaddr_in peer{};
    size = sizeof peer;
    if (::getpeername(socket_, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return true;  // not yet
    session_.reset(SSL_new(place_.context.get()));
    SSL_set_fd(session_.get(), socket_);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session_.get()), place_.host.c_str());
    if (papers_ && papers_->key) {
      SSL_use_certificate(session_.get(), papers_->certificate.get());
      SSL_use_PrivateKey(session_.get(), papers_->key.get());
    }
    state_ = State::shaking;
  }
  ERR_clear_error();
  const int done = SSL_connect(session_.get());
  if (done == 1) {
    state_ = State::open;
    return true;
  }
  const int error = SSL_get_error(session_.get(), done);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

void Channel::ask(std::string request, Answered answered) {
  out_ = std::move(request);
  in_.clear();
  answered_ = std::move(answered);
  if (state_ == State::closed && !connect()) return fail();
  if (state_ == State::open) exchange();
}

void Channel::on_ready() {
  if (state_ == State::closed) return;
  if (state_ != State::open && !shake()) return fail();
  if (state_ == State::open) exchange();
}

void Channel::exchange() {
  while (!out_.empty()) {
    ERR_clear_error();
    const int size = SSL_write(session_.get(), out_.data(), static_cast<int>(out_.size()));
    if (size <= 0) {
      const int error = SSL_get_error(session_.get(), size);
      if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) break;
      return fail();
    }
    out_.erase(0, static_cast<std::size_t>(size));
  }
  for (;;) {
    char bytes[16u << 10];
    ERR_clear_error();
    const int size = SSL_read(session_.get(), bytes, sizeof bytes);
    if (size > 0) {
      in_.append(bytes, static_cast<std::size_t>(size));
      continue;
    }
    const int error = SSL_get_error(session_.get(), size);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) break;
    if (busy() && take_answer()) return;
    return fail();
  }
  if (busy()) take_answer();
}

bool Channel::take_answer() {
  const auto end = in_.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::string_view head = std::string_view(in_).substr(0, end);
  const auto length = text::integer(header(head, "content-length").value_or("0"));
  const auto status = head.size() > 12 ? text::integer(head.substr(9, 3)) : std::nullopt;
  if (!length || !status || header(head, "transfer-encoding")) {
    fail();
    return true;
  }
  const std::size_t whole = end + 4 + static_cast<std::size_t>(*length);
  if (in_.size() < whole) return false;
  const bool last = header(head, "connection").value_or("") == "close";
  Answer answer{static_cast<int>(*status), in_.substr(end + 4, static_cast<std::size_t>(*length))};
  in_.clear();
  in_.shrink_to_fit();
  const Answered answered = std::exchange(answered_, nullptr);
  if (last) close();
  answered(std::move(answer));
  return true;
}

void Channel::close() {
  state_ = State::closed;
  answered_ = nullptr;
  if (session_) {
    ERR_clear_error();
    SSL_shutdown(session_.get());
  }
  session_.reset();
  if (socket_ >= 0) ::close(socket_);  // leaves the epoll too
  socket_ = -1;
}

void Channel::fail() {
  const Answered answered = std::exchange(answered_, nullptr);
  close();
  if (answered) answered(std::nullopt);
}

}  // namespace kontena::load
