// What of a project comes along with its deploy: what its binds become, and the way to the server.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/crypto/digest.h"
#include "kontena/image/parts.h"
#include "pack.h"
#include "uploads.h"

namespace kontena::client {
namespace {

namespace fs = std::filesystem;
namespace paths = api::paths;

constexpr std::size_t largest_secret = 512u << 10;

// "conf.d" for ./conf.d; where letters have to go, some of its digest tells it from others.
std::string volume_key(const std::string& path, const std::string& folder, const model::StackSpec& spec) {
  const std::string written = fs::path(path).lexically_relative(folder).generic_string();
  std::string key;
  for (const char c : written) {
    const bool well =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    key += well ? c : '-';
  }
  const bool plain = key == written && key.find_first_not_of('.') != std::string::npos && key.size() <= 40;
  if (plain && key.find_first_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == 0 &&
      !spec.volumes.contains(key))
    return key;
  key = key.substr(0, 40);
  const auto first = key.find_first_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
  key = first == std::string::npos ? "folder" : key.substr(first);
  return key + '-' + crypto::sha256_hex(written).substr(0, 8);
}

Becomes becomes_of(const compose::OwnPath& own, const model::Mount& mount, bool written_to) {
  struct stat found {};
  if (::stat(own.path.c_str(), &found) != 0) return Becomes::empty_volume;
  if (S_ISDIR(found.st_mode)) return written_to ? Becomes::volume : Becomes::copy;
  return mount.read_only ? Becomes::copy : Becomes::private_copy;
}

std::string words_of(Becomes what, const std::string& key) {
  switch (what) {
    case Becomes::copy:
      return "packed: a copy, read-only, on each node that needs it";
    case Becomes::private_copy:
      return "packed: each instance has a copy of its own, which it may change";
    case Becomes::volume:
      return "packed: the volume '" + key + "' on one node, filled once with what is in it now";
    case Becomes::empty_volume:
      return "not there: the volume '" + key + "' on one node, empty";
  }
  return "";
}

class Sender {
 public:
  Sender(Session& session, compose::Specified& specified, std::int64_t most)
      : session_(session), specified_(specified), left_(most), most_(most) {}

  Status own_paths() {
    for (const compose::OwnPath& own : specified_.own_paths) {
      const model::Mount& mount = specified_.spec.services.at(own.service).mounts.at(own.mount);
      const bool volume = mount.kind == model::MountKind::volume;
      KTN_TRY(const std::string digest, digest_of_path(own));
      model::Mount& to = specified_.spec.services.at(own.service).mounts.at(own.mount);
      if (volume)
        specified_.spec.volumes.at(to.source).seed = digest;
      else
        to.digest = digest;
    }
    return Done{};
  }

  Status files() {
    for (const compose::FileSource& file : specified_.files) {
      if (!used(file)) continue;
      const std::string what = std::string(file.secret ? "secret '" : "config '") + file.key + "'";
      KTN_TRY(const Redacted content, content_of(file, what));
      auto& spec = file.secret ? specified_.spec.secrets.at(file.key) : specified_.spec.configs.at(file.key);
      if (file.secret) {
        KTN_TRY(spec.digest, sealed(content, what));
      } else {
        if (static_cast<std::int64_t>(content.reveal().size()) > left_) return too_large(what);
        spec.digest = image::digest_of(content.reveal());
        KTN_OK(send(spec.digest, content.reveal(), what));
      }
    }
    return Done{};
  }

 private:
  bool used(const compose::FileSource& file) const {
    return std::ranges::any_of(specified_.spec.services, [&](const auto& service) {
      return std::ranges::any_of(service.second.files, [&](const model::FileUse& use) {
        return use.secret == file.secret && use.source == file.key;
      });
    });
  }

  Error too_large(const std::string& what) const {
    return {Code::exhausted, what + " and what else comes along is larger than " + text::human_bytes(most_),
            "--pack-limit sets how much may; large data belongs in a named volume or in the image"};
  }

  // "" where there is nothing to fill a volume with.
  Result<std::string> digest_of_path(const compose::OwnPath& own) {
    if (const auto known = digests_.find(own.path); known != digests_.end()) return known->second;
    auto packed = pack(own.path, own.written, left_);
    if (!packed && packed.error().code == Code::not_found && !own.must_exist) return std::string();
    if (!packed) return Error(packed.error()).in(own.at.file + ':' + std::to_string(own.at.line) + ": " + own.key);
    left_ -= static_cast<std::int64_t>(packed->bytes.size());
    KTN_OK(send(packed->digest, packed->bytes, own.written));
    return digests_[own.path] = packed->digest;
  }

  Result<Redacted> content_of(const compose::FileSource& file, const std::string& what) {
    if (file.from != compose::FileSource::From::file) return Redacted(file.value);
    auto content = files::read(file.value, file.secret ? largest_secret : static_cast<std::size_t>(left_));
    if (!content && content.error().code == Code::exhausted && !file.secret) return too_large(what);
    if (!content) return Error(content.error()).in(what);
    return Redacted(std::move(*content));
  }

  Result<std::string> sealed(const Redacted& content, const std::string& what) {
    if (content.reveal().size() > largest_secret)
      return Error{Code::exhausted, what + " is larger than " + text::human_bytes(largest_secret)};
    KTN_TRY(const std::string path, session_.link.path(paths::secrets));
    KTN_TRY(http::Client * client, session_.link.client());
    http::Request request{.method = http::Method::post, .path = path, .body = content.reveal()};
    request.headers["content-type"] = "application/octet-stream";
    const auto answer = client->send(request, api::usual_timeout);
    if (!answer) return Error(answer.error()).in("sending the " + what);
    if (answer->status >= 300) return api::error_of(*answer).in("sending the " + what);
    KTN_TRY(const auto told, codec::from_json<api::SecretAnswer>(answer->body));
    return told.digest;
  }

  Status send(const std::string& digest, const std::string& bytes, const std::string& what) {
    if (!sent_.insert(digest).second) return Done{};
    KTN_TRY(const bool there, has_blob(session_, digest));
    if (there) return Done{};
    session_.note("sending " + what + ": " + text::human_bytes(static_cast<std::int64_t>(bytes.size())));
    return send_blob_text(session_, digest, bytes, false);
  }

  Session& session_;
  compose::Specified& specified_;
  std::int64_t left_;
  const std::int64_t most_;
  std::map<std::string, std::string> digests_;  // of paths
  std::set<std::string> sent_;
};

}  // namespace

Status settle_own_paths(compose::Specified& specified, const std::string& folder) {
  // What anybody may write to is one for all.
  std::set<std::string> written_to;
  for (const compose::OwnPath& own : specified.own_paths)
    if (!specified.spec.services.at(own.service).mounts.at(own.mount).read_only) written_to.insert(own.path);
  std::map<std::string, std::string> keys;
  for (const compose::OwnPath& own : specified.own_paths) {
    model::Mount& mount = specified.spec.services.at(own.service).mounts.at(own.mount);
    const Becomes what = becomes_of(own, mount, written_to.contains(own.path));
    if (what == Becomes::empty_volume && own.must_exist)
      return Error{
          Code::invalid_argument,
          own.at.file + ':' + std::to_string(own.at.line) + ": " + own.key + ": there is no '" + own.written + "'",
          "make it, or leave out 'create_host_path: false'"};
    std::string key;
    if (what == Becomes::volume || what == Becomes::empty_volume) {
      const auto known = keys.find(own.path);
      key = known == keys.end() ? volume_key(own.path, folder, specified.spec) : known->second;
      keys[own.path] = key;
      specified.spec.volumes.try_emplace(key);
      mount = model::Mount{.kind = model::MountKind::volume,
                           .source = key,
                           .target = mount.target,
                           .read_only = mount.read_only,
                           .no_copy = true};
    }
    for (compose::Verdict& verdict : specified.keys)
      if (verdict.key == own.key && verdict.what == compose::Class::mapped)
        verdict.note = words_of(what, key), verdict.made = false;
  }
  return Done{};
}

Status send_files(Session& session, compose::Specified& specified) {
  std::int64_t most = usual_pack_limit;
  if (const std::string given = session.arguments.value("--pack-limit"); !given.empty()) {
    const auto megabytes = text::integer(given);
    if (!megabytes || *megabytes < 1 || *megabytes > 1'000'000)
      return Error{Code::invalid_argument, "--pack-limit: '" + given + "' is not a number of megabytes",
                   "1 to 1000000"};
    most = *megabytes << 20;
  }
  Sender sender(session, specified, most);
  KTN_OK(sender.own_paths());
  return sender.files();
}

}  // namespace kontena::client
