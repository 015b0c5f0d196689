#include "uploads.h"

#include <fstream>
#include <functional>

#include "kontena/api/call.h"

namespace kontena::client {
namespace {

constexpr Duration longest_silence{120'000};
constexpr std::size_t piece_size = 256u << 10;
constexpr int most_tries = 3;

using Pieces = http::Client::Pieces;

Status send(Session& session, const std::string& digest, const char* of, const std::function<Pieces()>& from_start) {
  KTN_TRY(const std::string path, session.link.path(api::paths::blob, {digest}));
  KTN_TRY(http::Client * client, session.link.client());
  http::Request request{.method = http::Method::put, .path = path};
  request.headers["content-type"] = "application/octet-stream";
  if (*of) request.query["for"] = of;
  for (int tries = 1;; ++tries) {
    const auto answer = client->exchange(request, longest_silence, from_start(), [](std::string_view) { return true; });
    if (answer && answer->status < 300) return Done{};
    const Error error = answer ? api::error_of(*answer) : answer.error();
    if (error.code != Code::unavailable || tries == most_tries) return Error(error).in("sending a part to the server");
    session.outside.pause(session.outside.pace);
  }
}

}  // namespace

Result<bool> has_blob(Session& session, const std::string& digest) {
  KTN_TRY(const std::string path, session.link.path(api::paths::blob, {digest}));
  KTN_TRY(http::Client * client, session.link.client());
  KTN_TRY(const auto answer, client->send({.method = http::Method::head, .path = path}, api::usual_timeout));
  if (answer.status == 404) return false;
  if (answer.status >= 300) return api::error_of(answer);
  return true;
}

Status send_blob(Session& session, const std::string& digest, const std::string& path, bool of_image) {
  return send(session, digest, of_image ? "image" : "", [&]() -> Pieces {
    return [file = std::make_shared<std::ifstream>(path, std::ios::binary)]() -> std::optional<std::string> {
      if (file->bad() || !file->is_open()) return std::nullopt;
      std::string piece(piece_size, '\0');
      file->read(piece.data(), static_cast<std::streamsize>(piece.size()));
      piece.resize(static_cast<std::size_t>(file->gcount()));
      return piece;
    };
  });
}

Status send_context(Session& session, const std::string& digest, const image::Context& context) {
  std::optional<Error> unreadable;
  const Status done = send(session, digest, "context", [&]() -> Pieces {
    return [&unreadable, packer = std::make_shared<image::Packer>(context, false)]() -> std::optional<std::string> {
      auto piece = packer->next();
      if (piece) return *std::move(piece);
      unreadable = piece.error();
      return std::nullopt;
    };
  });
  if (unreadable) return *unreadable;
  return done;
}

Status send_blob_text(Session& session, const std::string& digest, const std::string& bytes, bool of_image) {
  return send(session, digest, of_image ? "image" : "", [&]() -> Pieces {
    return [&bytes, ended = false]() mutable -> std::optional<std::string> {
      return std::exchange(ended, true) ? std::string() : bytes;
    };
  });
}

}  // namespace kontena::client
