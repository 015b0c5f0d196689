#pragma once

#include <memory>

#include "kontena/store/store.h"
#include "rocksdb_database.h"

namespace kontena::store {

// A snapshot of the database as it is open now. It holds nobody up: where the
// database is opened anew meanwhile, the snapshot is over.
Result<std::unique_ptr<Snapshot>> take_snapshot(Database&);

}  // namespace kontena::store
