// SPDX-License-Identifier: GPL-3.0-or-later
// Memory left, from files as kernels write them.
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/memory.h"

using namespace atelier;

class TestMemory : public QObject {
    Q_OBJECT
    static void put(const fs::path& path, std::string_view text) {
        QVERIFY(createDirectories(path.parent_path()));
        QVERIFY(writeFileAtomic(path, text));
    }

  private Q_SLOTS:
    void thisMachine() {
        const std::uint64_t left = availableMemory();
        QVERIFY(left > (1 << 20) && left < std::uint64_t{1} << 50);
    }

    void theTightestGroupCounts() {
        QTemporaryDir dir;
        const fs::path root = dir.path().toStdString();
        QCOMPARE(availableMemory(root), ~std::uint64_t{0});
        put(root / "proc/meminfo", "MemTotal:  4000 kB\nMemAvailable:    3000 kB\n");
        QCOMPARE(availableMemory(root), 3000u * 1024);
        put(root / "proc/self/cgroup", "0::/jobs/7/step\n");
        const fs::path groups = root / "sys/fs/cgroup";
        put(groups / "jobs/7/step/memory.max", "max\n");
        put(groups / "jobs/7/step/memory.current", "100\n");
        put(groups / "jobs/7/memory.max", "2000000\n");
        put(groups / "jobs/7/memory.current", "1500000\n");
        QCOMPARE(availableMemory(root), 500'000u);
        put(groups / "jobs/7/memory.stat", "anon 1\ninactive_file 100000\nactive_file 3\n");
        QCOMPARE(availableMemory(root), 600'000u);
        put(groups / "jobs/7/memory.current", "2500000\n");
        QCOMPARE(availableMemory(root), 0u);
    }

    void firstVersionOfGroups() {
        QTemporaryDir dir;
        const fs::path root = dir.path().toStdString();
        put(root / "proc/meminfo", "MemAvailable: 3000 kB\n");
        put(root / "proc/self/cgroup", "9:cpu:/x\n7:memory:/slurm/job\n");
        put(root / "sys/fs/cgroup/memory/slurm/job/memory.limit_in_bytes", "5000\n");
        put(root / "sys/fs/cgroup/memory/slurm/job/memory.usage_in_bytes", "2000\n");
        QCOMPARE(availableMemory(root), 3000u);
    }
};

QTEST_GUILESS_MAIN(TestMemory)
#include "tst_memory.moc"
