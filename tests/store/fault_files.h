#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <string>

namespace kontena::store {

// What may go wrong with the files below a database, to be set while it runs.
struct Faults {
  std::atomic<bool> full = false;           // nothing more can be written: no space
  std::atomic<bool> torn = false;           // with `full`: half of what is appended is written before that is said
  std::atomic<bool> sync_fails = false;     // all is written, but cannot be synced
  std::atomic<bool> lose_unsynced = false;  // the power goes: what was not synced is never written
  std::atomic<int> syncs = 0;
};

// RocksDB's own files, with faults. Keeps what is appended back until it is
// synced where `lose_unsynced` is to be tried.
class FaultFile final : public rocksdb::FSWritableFileWrapper {
 public:
  FaultFile(std::unique_ptr<rocksdb::FSWritableFile> file, Faults& faults, bool log)
      : FSWritableFileWrapper(file.get()), file_(std::move(file)), faults_(faults), log_(log) {}

  using FSWritableFileWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    if (faults_.full) {
      if (faults_.torn && log_) {
        file_->Append({data.data(), data.size() / 2}, options, debug).PermitUncheckedError();
        file_->Flush(options, debug).PermitUncheckedError();
      }
      return rocksdb::IOStatus::NoSpace("no space in this test");
    }
    if (!log_) return file_->Append(data, options, debug);
    unsynced_.append(data.data(), data.size());
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo&, rocksdb::IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    ++faults_.syncs;
    if (faults_.sync_fails) {
      write_back(options, debug).PermitUncheckedError();
      return rocksdb::IOStatus::IOError("no sync in this test");
    }
    if (auto status = write_back(options, debug); !status.ok()) return status;
    return file_->Sync(options, debug);
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return Sync(options, debug);
  }
  rocksdb::IOStatus Close(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    if (!faults_.lose_unsynced) write_back(options, debug).PermitUncheckedError();
    return file_->Close(options, debug);
  }

 private:
  rocksdb::IOStatus write_back(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) {
    if (unsynced_.empty()) return rocksdb::IOStatus::OK();
    auto status = file_->Append(unsynced_, options, debug);
    if (status.ok()) status = file_->Flush(options, debug);
    unsynced_.clear();
    return status;
  }

  const std::unique_ptr<rocksdb::FSWritableFile> file_;
  Faults& faults_;
  const bool log_;
  std::string unsynced_;
};

class FaultFiles final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultFiles(Faults& faults) : FileSystemWrapper(rocksdb::FileSystem::Default()), faults_(faults) {}
  const char* Name() const override { return "FaultFiles"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* made,
                                    rocksdb::IODebugContext* debug) override {
    if (faults_.full) return rocksdb::IOStatus::NoSpace("no space in this test");
    std::unique_ptr<rocksdb::FSWritableFile> file;
    auto status = target()->NewWritableFile(path, options, &file, debug);
    if (status.ok()) *made = std::make_unique<FaultFile>(std::move(file), faults_, path.ends_with(".log"));
    return status;
  }

 private:
  Faults& faults_;
};

// An Env whose files have these faults. Both must outlive the database.
inline std::unique_ptr<rocksdb::Env> fault_env(Faults& faults) {
  return rocksdb::NewCompositeEnv(std::make_shared<FaultFiles>(faults));
}

}  // namespace kontena::store
