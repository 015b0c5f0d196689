#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "kontena/base/result.h"

// Tar archives, piece by piece. Written are POSIX ones (ustar, with pax records for what does not
// fit); read are these and GNU's.
namespace kontena::image {

enum class EntryKind { file, folder, symlink, hardlink, other };

struct TarEntry {
  std::string path;  // without a '/' at either end
  EntryKind kind = EntryKind::file;
  std::int64_t size = 0;     // of a file's bytes
  std::int64_t mode = 0644;  // the permission bits
  std::int64_t mtime_s = 0;
  std::string link;  // what a link leads to, as written
  friend bool operator==(const TarEntry&, const TarEntry&) = default;
};

// What stands before a file's bytes, or for all of another kind. The owner is always root.
std::string tar_header(const TarEntry&);
std::string tar_padding(std::int64_t size);  // what follows so many bytes
std::string tar_end();

// Cuts an archive into its entries as its bytes come in.
class TarReader {
 public:
  struct Sink {
    virtual ~Sink() = default;
    virtual Status begin(const TarEntry&) = 0;
    virtual Status bytes(std::string_view) = 0;  // of the file begun last
    virtual Status end() = 0;                    // of each entry
  };
  explicit TarReader(Sink& sink) : sink_(sink) {}

  // The sink's errors are passed on; what is no archive is Code::corrupt. After an error take no more.
  Status take(std::string_view bytes);
  Status finish();  // after all bytes: refuses an archive that breaks off

 private:
  Status header(std::string_view block);
  Status extended();
  Status done();

  Sink& sink_;
  std::string block_;         // the part of a header that has come
  std::string record_;        // of a pax or GNU header, which is of the next entry
  char record_kind_ = 0;      // 'x', 'g', 'L', 'K'; 0 = an entry's own bytes come
  std::int64_t left_ = 0;     // bytes of what is being read
  std::int64_t padding_ = 0;  // that follow it
  bool inside_ = false;
  bool ended_ = false;
  std::string path_, link_;  // as told by a record before
  std::int64_t size_ = -1;
};

}  // namespace kontena::image
