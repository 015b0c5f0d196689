#include "master_key.h"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/crypto/password.h"
#include "kontena/crypto/seal.h"
#include "reseal.h"

namespace kontena::server {
namespace {

constexpr std::size_t most_key_bytes = 4'096;

// Not shown while it is typed.
class Silent {
 public:
  explicit Silent(int fd) : fd_(fd), terminal_(::isatty(fd) == 1 && ::tcgetattr(fd, &was_) == 0) {
    if (!terminal_) return;
    std::fputs("Passphrase of the secrets: ", stderr);
    termios quiet = was_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(fd, TCSAFLUSH, &quiet);
  }
  ~Silent() {
    if (!terminal_) return;
    ::tcsetattr(fd_, TCSAFLUSH, &was_);
    std::fputs("\n", stderr);
  }
  Silent(const Silent&) = delete;

 private:
  int fd_;
  termios was_{};
  bool terminal_;
};

// One line, or all there is.
Result<Redacted> read_line(int fd) {
  const Silent silent(fd);
  std::string text;
  for (char c = 0; text.size() < most_key_bytes;) {
    const ssize_t got = ::read(fd, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return Error{Code::invalid_argument, std::string("cannot read the passphrase of secrets: ") + std::strerror(errno)};
    if (got == 0 || c == '\n') break;
    text += c;
  }
  return Redacted(std::move(text));
}

Result<Redacted> read_passphrase(const std::string& from) {
  Redacted passphrase;
  if (from == "-") {
    KTN_TRY(passphrase, read_line(STDIN_FILENO));
  } else if (from.starts_with("fd:")) {
    const auto fd = text::integer(std::string_view(from).substr(3));
    if (!fd || *fd < 0 || *fd > 1'000'000)
      return Error{Code::invalid_argument, "--passphrase-file: '" + from + "' is not fd:NUMBER"};
    KTN_TRY(passphrase, read_line(static_cast<int>(*fd)));
    if (*fd > STDERR_FILENO) ::close(static_cast<int>(*fd));
  } else {
    KTN_OK(files::check_private(from, "the passphrase of secrets"));
    KTN_TRY(const std::string text, files::read(from, most_key_bytes));
    passphrase = Redacted(text.substr(0, text.find('\n')));
  }
  if (passphrase.reveal().size() < least_passphrase)
    return Error{Code::invalid_argument, "the passphrase of secrets is shorter than " + std::to_string(least_passphrase) + " bytes"};
  return passphrase;
}

std::string whence(const MasterSource& source) {
  if (source.kind == "file") return "the file '" + source.path + "'";
  if (source.kind == "credential") return "the credential '" + std::string(credential_name) + "'";
  return "the passphrase";
}

std::string way_back(const Master& master) {
  if (master.kind == "passphrase") return "start the server with that passphrase: kontena server --passphrase-file FILE";
  if (master.kind == "credential")
    return "give the unit that key: LoadCredential=" + std::string(credential_name) + ":FILE";
  return "put the file back, from a backup";
}

struct Tried {
  std::optional<Vault::Keys> keys;
  std::string why_not;  // said by each source
};

// What one source's key opens.
Result<Vault::Keys> keys_by(const Keyring& ring, std::size_t at, const Redacted& master, std::int64_t revision) {
  Vault::Keys keys{.kind = ring.masters[0].kind, .id = ring.masters[0].id, .revision = revision};
  KTN_TRY(keys.naming, open_key(master, ring.masters[at].naming, about_naming));
  keys.masters[ring.masters[at].id] = master;
  if (ring.masters.size() == 2) {
    KTN_TRY(const Redacted other, open_key(master, ring.masters[at].other, about_other));
    keys.masters[ring.masters[1 - at].id] = other;
  }
  return keys;
}

Tried try_source(const Keyring& ring, const MasterSource& source, std::int64_t revision) {
  const auto fits = [&](const Redacted& master, std::size_t at) -> std::optional<Vault::Keys> {
    if (master_id(master) != ring.masters[at].id) return std::nullopt;
    auto keys = keys_by(ring, at, master, revision);
    return keys ? std::optional(*std::move(keys)) : std::nullopt;
  };
  Redacted master;
  if (source.kind != "passphrase") {
    auto read = read_master(source.path);
    if (!read) return {{}, read.error().message};
    master = *std::move(read);
  }
  for (std::size_t at = 0; at < ring.masters.size(); ++at) {
    const bool derived = ring.masters[at].kind == "passphrase";
    if (derived != (source.kind == "passphrase")) continue;
    if (auto keys = fits(derived ? derive_master(source.passphrase, ring.masters[at].salt) : master, at))
      return {std::move(keys), ""};
  }
  return {{}, whence(source) + " is another key"};
}

Vault locked(const std::string& why, const std::string& hint) {
  return Vault(Error{Code::failed_precondition, "secrets cannot be used: " + why,
                     hint + "; if it is lost for good, give up what it sealed: kontena client secret reseal --lost"});
}

Result<std::optional<std::pair<Keyring, std::int64_t>>> read_keyring(store::Store& store) {
  KTN_TRY(const auto known, store.get(keyrings.key(keyring_tail)));
  if (!known) return std::optional<std::pair<Keyring, std::int64_t>>();
  KTN_TRY(Keyring ring, keyrings.read(*known));
  if (ring.masters.empty() || ring.masters.size() > 2)
    return Error{Code::corrupt, "the record of the master key of secrets is damaged"};
  return std::optional(std::pair(std::move(ring), known->revision));
}

Vault try_all(const Keyring& ring, std::int64_t revision, const std::vector<MasterSource>& sources) {
  std::string why;
  for (const MasterSource& source : sources) {
    Tried tried = try_source(ring, source, revision);
    if (tried.keys) return Vault(*std::move(tried.keys));
    why += (why.empty() ? "" : "; ") + tried.why_not;
  }
  const Master& master = ring.masters[0];
  const std::string how = master.kind == "passphrase" ? "a key from a passphrase" : "a key from a " + master.kind;
  return locked("they are sealed under " + how + " (" + master.id + "), which is not at hand: " + why, way_back(master));
}

// A first start: nothing is sealed yet, or as it was before there was a keyring.
Result<Vault> make_keyring(store::Store& store, const MasterSource& source, IdSource& ids, Time now) {
  Redacted master;
  std::string salt;
  if (source.kind == "passphrase") {
    salt = text::base64(ids.bytes(crypto::password_salt_bytes));
    master = derive_master(source.passphrase, salt);
  } else {
    auto read = read_master(source.path);
    if (!read && read.error().code == Code::not_found && source.kind == "file") {
      KTN_TRY(const auto sealed, store.page(sealed_secrets.key(""), "", 1, false));
      if (!sealed.empty())
        return locked("the file '" + source.path + "', with the key that they are sealed under, is not there",
                      "put it back, from a backup");
      master = Redacted(ids.bytes(crypto::seal_key_bytes));
      KTN_OK(files::write(source.path, text::base64(master.reveal()) + '\n', 0600));
    } else if (!read) {
      return locked(read.error().message, "put back the one of a backup");
    } else {
      master = *std::move(read);
    }
  }
  Vault::Keys keys{.kind = source.kind, .id = master_id(master), .masters = {{master_id(master), master}}};
  keys.naming = Redacted(crypto::hmac_sha256(master.reveal(), "kontena secrets: name"));
  const Keyring ring{{{.id = keys.id,
                       .kind = source.kind,
                       .salt = salt,
                       .naming = seal_key(master, keys.naming, about_naming, ids),
                       .created_ms = to_ms(now)}}};
  KTN_TRY(keys.revision, store.commit({.unchanged = {{keyrings.key(keyring_tail), 0}},
                                       .puts = {keyrings.put(keyring_tail, ring)}}));
  return Vault(std::move(keys));
}

}  // namespace

std::string key_file(const std::string& data_dir) { return data_dir + "/secrets.key"; }

Result<std::vector<MasterSource>> master_sources(const std::string& data_dir, const std::string& from,
                                                 const settings::Environment& environment) {
  std::vector<MasterSource> sources;
  if (!from.empty()) {
    KTN_TRY(Redacted passphrase, read_passphrase(from));
    sources.push_back({.kind = "passphrase", .path = {}, .passphrase = std::move(passphrase)});
  }
  if (const auto folder = environment("CREDENTIALS_DIRECTORY"); folder && !folder->empty())
    if (const std::string path = *folder + '/' + std::string(credential_name); files::exists(path))
      sources.push_back({.kind = "credential", .path = path, .passphrase = {}});
  sources.push_back({.kind = "file", .path = key_file(data_dir), .passphrase = {}});
  return sources;
}

Result<Redacted> parse_master(std::string_view text) {
  if (text.size() == crypto::seal_key_bytes) return Redacted(std::string(text));
  const auto key = text::unbase64(text::trim(text));
  if (!key || key->size() != crypto::seal_key_bytes)
    return Error{Code::invalid_argument, "a master key is 32 bytes, or those in base64", "head -c 32 /dev/urandom | base64"};
  return Redacted(*key);
}

Result<Redacted> read_master(const std::string& path) {
  auto text = files::read(path, most_key_bytes);
  if (!text && text.error().code == Code::not_found)
    return Error{Code::not_found, "there is no file '" + path + "'"};
  if (!text) return std::move(text).error();
  KTN_OK(files::check_private(path, "the key of secrets"));
  auto key = parse_master(*text);
  if (!key) return Error{Code::corrupt, "the key of secrets '" + path + "' is damaged", "put back the one of a backup"};
  return key;
}

Redacted derive_master(const Redacted& passphrase, const std::string& salt) {
  return Redacted(crypto::derive_key(passphrase, text::unbase64(salt).value_or("")));
}

Result<Vault> look_into_vault(store::Store& store, const std::vector<MasterSource>& sources) {
  KTN_TRY(const auto known, read_keyring(store));
  if (!known) return locked("there is no record of their master key", "start the server once");
  return try_all(known->first, known->second, sources);
}

Result<Vault> open_vault(store::Store& store, const std::vector<MasterSource>& sources, IdSource& ids, Time now) {
  auto known = read_keyring(store);
  if (!known && known.error().code != Code::corrupt && known.error().code != Code::unsupported)
    return std::move(known).error();
  if (!known) return locked(known.error().message, "restore a backup");
  if (!*known) return make_keyring(store, sources.front(), ids, now);
  const auto& [ring, revision] = **known;
  Vault vault = try_all(ring, revision, sources);
  if (ring.masters.size() < 2 || vault.trouble()) return vault;
  log::info("secrets are being sealed under a new master key: goes on where it was", {{"key", ring.masters[0].id}});
  const auto file = std::ranges::find(sources, "file", &MasterSource::kind);
  const auto done = finish_reseal({store, vault, ids, now, file == sources.end() ? "" : file->path});
  if (!done) log::warn("secrets are not all sealed under the new master key", {{"reason", done.error().message}});
  return vault;
}

}  // namespace kontena::server
