#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "kontena/base/result.h"
#include "kontena/crypto/digest.h"

// A server's backup as a stream of bytes: what GET backup answers, `client backup`
// keeps and `server restore` reads.
//
//   kontena backup 2\n
//   {"version":…,"made_ms":…,"revision":…,"authority":…}\n
//   file NAME SIZE\n BYTES \n            the authority's certificate and key, tokens
//   record KEY-SIZE VALUE-SIZE\n KEY VALUE \n
//   blob GRID/PROJECT/DIGEST SIZE\n BYTES \n   after all records; none in format 1
//   end RECORDS SHA-256\n                 of all bytes before this line
//
// In place of the end there may be "broken off: WHY\n". All of a record's bytes are
// kept, also of one that this version cannot read.
namespace kontena::api {

inline constexpr int backup_format = 2;

struct BackupHead {
  std::string version;         // of the server
  std::int64_t made_ms = 0;
  std::int64_t revision = 0;   // of the store
  std::string authority;       // fingerprint
};

// Gives the pieces of the text in order; none is kept.
class BackupWriter {
 public:
  std::string head(const BackupHead&);
  std::string file(std::string_view name, std::string_view content);
  std::string record(std::string_view key, std::string_view value);
  // A blob, which may be larger than memory: this, its bytes piece by piece, and its end.
  std::string blob(std::string_view name, std::int64_t size);
  std::string bytes(std::string piece) { return counted(std::move(piece)); }
  std::string blob_end() { return counted("\n"); }
  std::string end();
  static std::string broken_off(std::string_view why);

 private:
  std::string counted(std::string piece);
  crypto::Sha256 sum_;
  std::int64_t records_ = 0;
};

// Takes the bytes as they come, in pieces of any size, and hands on what they hold.
// Nothing of it is certain before finish() said so.
class BackupReader {
 public:
  struct Sink {
    std::function<Status(const BackupHead&)> head;
    std::function<Status(std::string_view name, std::string_view content)> file;
    std::function<Status(std::string_view key, std::string_view value)> record;
    std::function<Status(std::string_view name, std::int64_t size)> blob = {};
    std::function<Status(std::string_view bytes)> bytes = {};  // of that blob, in pieces
    std::function<Status()> blob_end = {};
  };
  explicit BackupReader(Sink sink) : sink_(std::move(sink)) {}

  // The sink's error; Code::corrupt for what no server wrote; Code::unsupported for a
  // newer format.
  Status feed(std::string_view bytes);

  // After the last byte. Code::corrupt where the end is missing or anything was altered.
  Status finish() const;

  std::int64_t records() const { return records_; }

 private:
  Status line(std::string_view text);
  Status part(std::string_view body);

  Status blob(std::string_view bytes);

  enum class At { mark, head, parts, body, blob, end };
  Sink sink_;
  At at_ = At::mark;
  std::string pending_;     // not yet a whole line or body
  std::string name_;        // of the file whose body comes; "" = a record
  std::size_t key_size_ = 0;
  std::size_t body_size_ = 0;
  std::int64_t blob_left_ = 0;
  std::int64_t records_ = 0;
  crypto::Sha256 sum_;
};

}  // namespace kontena::api
