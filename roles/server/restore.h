#pragma once

#include <functional>
#include <span>
#include <string>

#include "kontena/base/random.h"
#include "kontena/base/settings.h"
#include "kontena/store/store.h"

// `kontena server restore`: a data directory made of a backup.
namespace kontena::server {

// `kontena server restore FILE [--data-dir DIR]`, the arguments being those after
// `restore`. Returns the exit status.
int run_restore(std::span<const std::string> arguments);

struct Restored {
  std::int64_t records = 0;
  std::int64_t made_ms = 0;  // the backup
  store::Revision revision = 0;
};

// Makes the data directory, which is to be empty, absent, or what a restore left that
// was cut off. `next` gives the backup's bytes, "" at the end. What fails leaves the
// directory empty again; what is killed leaves one that no server starts on and that
// the next restore takes.
using Pieces = std::function<Result<std::string>()>;
Result<Restored> restore(const std::string& data_dir, const Pieces& next, IdSource&, Time now);

// Where a restored store goes on: beyond all that the server could have come to after
// the backup, and beyond every other restore's. In microseconds since 1970 there is
// room for a million commits a second.
store::Revision revision_after_restore(store::Revision of_backup, Time now);

// Whether a restore into this directory has not come to its end.
bool restore_unfinished(const std::string& data_dir);

}  // namespace kontena::server
