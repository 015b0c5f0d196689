#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/result.h"
#include "kontena/base/synced.h"
#include "kontena/crypto/digest.h"

// Files named by what they hold, as "sha256:HEX", in a folder of a disk. Each is in a scope,
// a path such as "GRID/PROJECT": what one scope has another knows nothing of.
namespace kontena::blobs {

bool is_digest(std::string_view);  // "sha256:" and 64 of 0-9a-f

struct Blob {
  std::string scope;
  std::string digest;
  std::int64_t size = 0;
  Time used{};  // when it was put or asked for last
};

class Blobs;

// A blob as it comes in. What was not kept is gone with it.
class Incoming {
 public:
  Incoming(Incoming&&) noexcept;
  Incoming& operator=(Incoming&&) = delete;
  ~Incoming();

  // Code::exhausted beyond its limit, and where the disk has no room; then nothing more of it can be kept.
  Status add(std::string_view bytes);
  // All of it has come: durable once Done. Code::invalid_argument where it is not what it is named by.
  Status keep();

 private:
  friend class Blobs;
  Incoming(Blobs& blobs, std::string scope, std::string digest, std::int64_t most)
      : blobs_(&blobs), scope_(std::move(scope)), digest_(std::move(digest)), most_(most) {}

  Blobs* blobs_;
  std::string scope_;
  std::string digest_;
  std::int64_t most_;
  std::string path_;
  int fd_ = -1;
  std::int64_t size_ = 0;
  std::int64_t room_seen_ = 0;  // at which size the disk was asked for room last
  crypto::Sha256 sum_;
};

// A blob as it goes out. It stays whole though it be removed meanwhile.
class Outgoing {
 public:
  Outgoing(Outgoing&& other) noexcept : fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}
  Outgoing& operator=(Outgoing&&) = delete;
  ~Outgoing();

  std::int64_t size() const { return size_; }
  Result<std::string> next();  // "" at the end

 private:
  friend class Blobs;
  Outgoing(int fd, std::int64_t size) : fd_(fd), size_(size) {}
  int fd_;
  std::int64_t size_;
};

// Safe from any thread. One process has a folder at a time.
class Blobs {
 public:
  // Makes nothing before the first blob comes. "" = keeps none, and refuses.
  Blobs(std::string folder, const Clock& clock) : folder_(std::move(folder)), clock_(clock) {}

  // Once, before all else: clears what a process left that was ended.
  Status open();

  Result<Incoming> put(const std::string& scope, const std::string& digest, std::int64_t most);
  Result<Outgoing> get(const std::string& scope, const std::string& digest) const;
  // One that is small, in memory.
  Result<std::string> text(const std::string& scope, const std::string& digest, std::size_t most) const;
  // Counts as a use: it stays for as long as remove() says from now on.
  bool has(const std::string& scope, const std::string& digest);

  Result<std::vector<Blob>> list() const;

  // Unless it was used since `since`: false. Never while something comes into its scope or came
  // within a minute, nor while anybody holds `keep_all`: whoever does that is about to use what is there.
  Result<bool> remove(const Blob&, Time since);
  using Hold = std::shared_ptr<void>;
  Hold keep_all();

  // Compares a blob with its name: Code::corrupt.
  Status check(const Blob&) const;

 private:
  friend class Incoming;
  struct Scope {
    int coming = 0;
    Duration last{};  // by the steady clock
  };
  struct State {
    std::map<std::string, Scope> scopes;
    int holds = 0;
    std::uint64_t count = 0;
  };
  std::string path_of(const std::string& scope, const std::string& digest) const;
  Status make_folders(const std::string& scope) const;
  void came(const std::string& scope);
  bool quiet(const std::string& scope);

  const std::string folder_;
  const Clock& clock_;
  Synced<State> state_;
};

}  // namespace kontena::blobs
