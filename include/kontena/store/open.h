#pragma once

#include <memory>
#include <string>

#include "kontena/base/result.h"
#include "kontena/store/store.h"

namespace kontena::store {

// Keeps nothing on disk: for tests and the simulation.
std::unique_ptr<Store> open_memory();

// Opens, or makes, the database in `folder`. Code::failed_precondition where
// another process has it open; Code::corrupt and Code::unsupported (a newer
// format) say which record or file.
Result<std::unique_ptr<Store>> open_rocksdb(const std::string& folder);

// Makes a database in `folder`, where there must be none, whose revisions begin
// after `start`: for what is put back from a copy.
Result<std::unique_ptr<Store>> make_rocksdb(const std::string& folder, Revision start);

// Opens the database in `folder` to be looked at: nothing is written there, and
// commits are refused. Whoever has it open is not noticed, and may change its files
// meanwhile. Code::not_found where there is none.
Result<std::unique_ptr<Store>> open_rocksdb_to_read(const std::string& folder);

// Reads all that the files of the database in `folder` hold and compares the
// checksums. The error names a file.
Status check_rocksdb_files(const std::string& folder);

}  // namespace kontena::store
