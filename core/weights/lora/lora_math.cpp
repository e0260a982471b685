// SPDX-License-Identifier: GPL-3.0-or-later
// Matrix products and decompositions by Eigen.
#include "core/weights/lora/lora_math.h"

#include <Eigen/Dense>
#include <cmath>
#include <cstring>

#include "core/base/check.h"

namespace atelier::lora {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Index = Eigen::Index;

Matrix matrixOf(const Tensor& tensor, std::int64_t rows) {
    const auto wide = dialects::convertType(tensor.bytes, tensor.type, TensorType::F64);
    Matrix matrix(rows, rows ? tensor.elements() / rows : 0);
    std::memcpy(matrix.data(), wide.data(), wide.size());
    return matrix;
}

Tensor tensorOf(const Matrix& matrix, std::vector<std::int64_t> shape, TensorType type) {
    const auto bytes = std::as_bytes(std::span(matrix.data(), static_cast<std::size_t>(matrix.size())));
    return {type, std::move(shape), dialects::convertType(bytes, TensorType::F64, type)};
}

Matrix downOf(const Module& module) {
    if (!module.mid) return matrixOf(module.down, module.down.shape[0]);
    const auto& shape = module.mid->shape;  // [p, q, k, k]
    const std::int64_t p = shape[0], q = shape[1], k = shape[2] * shape[3];
    const Matrix mid = matrixOf(*module.mid, p), down = matrixOf(module.down, q);
    const std::int64_t in = down.cols();
    Matrix folded(p, in * k);
    // folded[a, i, x] = Σ_b mid[a, b, x]·down[b, i]
    for (std::int64_t a = 0; a < p; ++a) {
        const Eigen::Map<const Matrix> row(mid.data() + a * q * k, q, k);
        const Matrix product = down.transpose() * row;  // [in, k]
        std::memcpy(folded.data() + a * in * k, product.data(),
                    sizeof(double) * static_cast<std::size_t>(in * k));
    }
    return folded;
}

Index kept(const Eigen::VectorXd& squares, const Truncation& truncation) {
    const double total = squares.sum();
    const Index most = std::min<Index>(truncation.rank, squares.size());
    double sum = 0;
    for (Index r = 0; r < most; ++r)
        if (truncation.energy < 1 && (sum += squares[r]) >= truncation.energy * total) return r + 1;
    return std::max<Index>(most, 1);
}

// up = U·√S, down = √S·Vᵀ: both halves of like size, which suits half precision.
LowRank halves(const Matrix& u, const Eigen::VectorXd& singular, const Matrix& vt, std::int64_t out,
               std::vector<std::int64_t> downShape, TensorType type, double total) {
    const Eigen::VectorXd root = singular.cwiseSqrt();
    LowRank result;
    const Index rank = singular.size();
    downShape[0] = rank;
    std::vector<std::int64_t> upShape{out, rank};
    if (downShape.size() == 4) upShape.insert(upShape.end(), {1, 1});
    result.up = tensorOf(u * root.asDiagonal(), upShape, type);
    result.down = tensorOf(root.asDiagonal() * vt, std::move(downShape), type);
    result.kept = total > 0 ? singular.squaredNorm() / total : 1;
    return result;
}

}  // namespace

Tensor foldMiddle(const Module& module) {
    const Matrix folded = downOf(module);
    const auto& mid = module.mid->shape;
    return tensorOf(folded, {folded.rows(), module.down.shape[1], mid[2], mid[3]}, module.down.type);
}

bool apply(const Module& module, double multiplier, std::span<const std::int64_t> shape,
           std::span<float> weight) {
    const std::int64_t out = shape.empty() ? 0 : shape[0];
    if (out != module.up.shape[0] || out == 0) return false;
    const Matrix delta = matrixOf(module.up, out) * downOf(module) * module.scale();
    if (delta.size() != static_cast<Index>(weight.size())) return false;
    Eigen::Map<Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> target(
        weight.data(), out, delta.cols());
    if (!module.magnitude) {
        target = (target.cast<double>() + multiplier * delta).cast<float>();
        return true;
    }
    const Matrix before = target.cast<double>();
    Matrix changed = before + delta;
    const Matrix magnitude = matrixOf(*module.magnitude, 1);
    const auto& form = module.magnitude->shape;
    const bool perInput = form.size() > 1 && form[0] == 1 && form[1] != out;
    if (perInput) {
        const Index in = shape[1], area = delta.cols() / in;
        if (magnitude.size() != in) return false;
        for (Index i = 0; i < in; ++i)
            changed.middleCols(i * area, area) *= magnitude(i) / changed.middleCols(i * area, area).norm();
    } else {
        if (magnitude.size() != out) return false;
        for (Index o = 0; o < out; ++o) changed.row(o) *= magnitude(o) / changed.row(o).norm();
    }
    target = (before + multiplier * (changed - before)).cast<float>();
    return true;
}

LowRank approximate(std::span<const double> difference, const std::vector<std::int64_t>& shape,
                    const Truncation& truncation, TensorType type) {
    const std::int64_t out = shape[0], in = static_cast<std::int64_t>(difference.size()) / out;
    const Eigen::Map<const Matrix> d(difference.data(), out, in);
    // Eigenvectors of the smaller Gram matrix: the large singular values, which stay, are exact to double
    // / 2.
    const bool wide = out <= in;
    const Matrix gram = wide ? Matrix(d * d.transpose()) : Matrix(d.transpose() * d);
    const Eigen::SelfAdjointEigenSolver<Matrix> solver(gram);
    const Eigen::VectorXd squares = solver.eigenvalues().reverse().cwiseMax(0);
    const Index rank = kept(squares, truncation);
    const Matrix vectors = solver.eigenvectors().rowwise().reverse().leftCols(rank);
    const Eigen::VectorXd singular = squares.head(rank).cwiseSqrt();
    const Eigen::VectorXd inverse = singular.unaryExpr([](double s) { return s > 0 ? 1 / s : 0; });
    if (wide)
        return halves(vectors, singular, inverse.asDiagonal() * (vectors.transpose() * d), out, shape, type,
                      squares.sum());
    return halves(d * vectors * inverse.asDiagonal(), singular, vectors.transpose(), out, shape, type,
                  squares.sum());
}

LowRank approximate(const Module& module, const Truncation& truncation, TensorType type) {
    const std::int64_t out = module.up.shape[0];
    const Matrix up = matrixOf(module.up, out) * module.scale(), down = downOf(module);
    const Index r = up.cols();
    const auto thin = [](const Matrix& m) {
        const Eigen::HouseholderQR<Eigen::MatrixXd> qr(m);
        const Index k = std::min(m.rows(), m.cols());
        Matrix q = qr.householderQ() * Eigen::MatrixXd::Identity(m.rows(), k);
        Matrix upper = Eigen::MatrixXd(qr.matrixQR()).topRows(k).triangularView<Eigen::Upper>();
        return std::pair(std::move(q), std::move(upper));
    };
    ATELIER_CHECK(r == down.rows(), "the halves were checked when they were read");
    const auto [qu, ru] = thin(up);
    const auto [qd, rd] = thin(down.transpose());
    const Eigen::JacobiSVD<Eigen::MatrixXd> svd(ru * rd.transpose(),
                                                Eigen::ComputeThinU | Eigen::ComputeThinV);
    const Eigen::VectorXd squares = svd.singularValues().cwiseAbs2();
    const Index rank = kept(squares, truncation);
    auto shape = module.down.shape;
    if (module.mid) shape = {rank, module.down.shape[1], module.mid->shape[2], module.mid->shape[3]};
    return halves(qu * svd.matrixU().leftCols(rank), svd.singularValues().head(rank),
                  svd.matrixV().leftCols(rank).transpose() * qd.transpose(), out, shape, type, squares.sum());
}

}  // namespace atelier::lora
