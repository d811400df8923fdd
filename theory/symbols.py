"""The letters of the paper, as sympy symbols: one symbol per notion, shared by every formula.

A symbol's name is its keyword in :class:`layerproof.theory.formula.Formula`; how it prints in LaTeX
stands in :data:`LATEX`.
"""

from __future__ import annotations

import sympy as sp


def _size(name: str) -> sp.Symbol:
    return sp.Symbol(name, integer=True, positive=True)


V = _size("V")
"""Vocabulary size, the same at every level."""
m = _size("m")
"""Rules per symbol."""
s = _size("s")
"""Branching factor: the length of a patch."""
L = _size("L")
"""Number of levels of rules; the leaves are level L."""
n = _size("n")
"""Number of classes, the size of the label's vocabulary V_0."""
l = _size("l")
"""A level, 1 to L."""
M = _size("M")
"""Number of random frequencies; the features number 2M."""
T = sp.Symbol("T", positive=True)
"""Gradient-descent steps."""
N = sp.Symbol("N", positive=True)
"""Sample size of a stage."""
patches = _size("patches")
"""|P_l|: the number of level-l patches, V m in the (V, m)-uniform case."""
d_y = _size("d_y")
"""Number of outputs, the number of classes."""
d_h = _size("d_h")
"""Dimension of a pre-feature, s d_e."""
kappa = sp.Symbol("kappa", positive=True)
"""Non-degeneracy constant of Assumption 6(a)."""
rho = sp.Symbol("rho", positive=True)
"""Separation of the level above the one in question, or of this level."""
least_separation = sp.Symbol("least_separation", positive=True)
"""ρ_min: the least separation of a signal, over the levels that it teaches."""
dependence = sp.Symbol("dependence", nonnegative=True)
"""max |P[z, x | μ] − P[z | μ] P[x | μ]| over patches μ, leaves x below and values z of a signal."""
synonym_distance = sp.Symbol("synonym_distance", nonnegative=True)
"""max ‖q_μ − q_μ'‖ over synonyms."""
K_rho = sp.Symbol("K_rho", positive=True)
"""Signal constant of Assumption 6(b): ρ^(l) ≥ K_ρ m^(−l/2)."""
delta = sp.Symbol("delta", positive=True)
"""Failure probability."""
epsilon = sp.Symbol("epsilon", positive=True)
"""ε_*: the accuracy that a stage is asked for."""
epsilon_O = sp.Symbol("epsilon_O", positive=True)
"""ε_O: the largest inner product of the embeddings of two distinct patches."""
epsilon_S = sp.Symbol("epsilon_S", positive=True)
"""ε_S: the largest distance between two embeddings of one patch."""
ridge = sp.Symbol("ridge", positive=True)
"""λ_W, the ridge."""
sigma = sp.Symbol("sigma", positive=True)
"""σ, the kernel's bandwidth."""
token_separation = sp.Symbol("token_separation", positive=True)
"""ρ̃: the least distance between embeddings of distinct tokens."""
token_spread = sp.Symbol("token_spread", nonnegative=True)
"""ε̃_S: the largest distance between two embeddings of one token."""
probability = sp.Symbol("probability", positive=True)
"""p_μ: the probability that the first level-l patch is μ."""
frequency = sp.Symbol("frequency", nonnegative=True)
"""p̂_μ: the share of samples whose first level-l patch is μ."""
square_norm = sp.Symbol("square_norm", positive=True)
"""‖q‖², the squared norm of a label posterior, or its mean."""
square_separation = sp.Symbol("square_separation", positive=True)
"""Mean of ‖q_μ − q_μ'‖² over non-synonyms."""
crossover = sp.Symbol("crossover", positive=True)
"""Crossover sample size N_×."""

# Balls in bins (R26 App. B).
gamma = sp.Symbol("gamma", positive=True)
"""γ: the share of the bins that have been filled."""
deviation = sp.Symbol("deviation", positive=True)
"""ε of Lemma 12, a deviation from the kernel, and of Lemma 24, a relative one."""
nu = _size("nu")
"""ν: a bin, 1 to V."""
variance = sp.Symbol("variance", nonnegative=True)
"""σ_ν²: the variance of the values that remain before bin ν is filled."""
remaining_mean = sp.Symbol("remaining_mean", real=True)
"""z̄_ν: the mean of the values that remain before bin ν is filled."""
second_moment = sp.Symbol("second_moment", nonnegative=True)
"""E[τ_ν² | F_{ν−1}], τ_ν the mean of bin ν."""
covariance = sp.Symbol("covariance", real=True)
"""Cov(Z_{ν,1}, Z_{ν,2} | F_{ν−1}): two balls of one bin."""
square_length = sp.Symbol("square_length", positive=True)
"""‖z‖² of a centred vector z."""
square_image = sp.Symbol("square_image", nonnegative=True)
"""‖P z‖², P a first-token transition matrix."""
sign = sp.Symbol("sign", real=True)
"""Where a ± is printed: +1 or −1."""
C = sp.Symbol("C", positive=True)
"""The constant with which x ≫ y is read: x ≥ C y."""
count = sp.Symbol("count", integer=True, nonnegative=True)
"""N_νμ: how many balls of colour μ fell into bin ν."""
dealt = sp.Symbol("dealt", integer=True, nonnegative=True)
"""How many balls have been dealt."""
dealt_colour = sp.Symbol("dealt_colour", integer=True, nonnegative=True)
"""How many balls of one colour have been dealt."""
product = sp.Symbol("product", nonnegative=True)
"""(P_1 ⋯ P_l)_ζμ: an entry of a product of first-token transition matrices."""
failure = sp.Symbol("failure", nonnegative=True)
"""The probability with which a statement fails."""
count_correction = sp.Symbol("count_correction", positive=True)
"""e(N) = N p E[1/k | k > 0] of a Binomial(N, p) count k."""
first_correction = sp.Symbol("first_correction", positive=True)
"""c̄ E[1/c | c > 0], c the number of patches of a level that start with one token, c̄ its mean."""
second_correction = sp.Symbol("second_correction", positive=True)
"""c̄² E[1/c² | c > 0]."""
signal = sp.Symbol("signal", positive=True)
"""Relative variance of the label's law over what is seen: tuples or single symbols."""
least_coefficient = sp.Symbol("least_coefficient", positive=True)
"""The least |Fourier coefficient| of a Boolean function that is not 0."""
coefficient_sum = sp.Symbol("coefficient_sum", positive=True)
"""The sum of the |Fourier coefficients| of a Boolean function."""
candidates = _size("candidates")
"""How many quadratic features all stages together try."""
correlation = sp.Symbol("correlation", nonnegative=True)
"""I_1: the correlation of the label with the patch, 0 where they are independent."""
leakage = sp.Symbol("leakage", real=True)
"""I_2: the correlation of the label with a representation inside a patch, 0 where it is clean."""
relative_separation = sp.Symbol("relative_separation", nonnegative=True)
"""ρ_rel: the least separation of non-synonyms in units of its root mean square."""
collision = sp.Symbol("collision", positive=True)
"""Σ_ν p_ν²: the probability that two independent first patches have the same parent."""
law_error = sp.Symbol("law_error", nonnegative=True)
"""‖q̂_μ − q_μ‖: the error of an empirical label posterior."""
output_error = sp.Symbol("output_error", nonnegative=True)
"""‖h_μ − q_μ‖: the error of a layer's output, h_μ = W x_μ / ⟨1, W x_μ⟩."""
radius = sp.Symbol("radius", positive=True)
"""R: the radius of the ball in which pre-features lie; 1 in Lemma 12, √s max ‖h‖ for patches."""
feature_error = sp.Symbol("feature_error", positive=True)
"""ε_RF: how far inner products of random features may be from the kernel."""
coefficient = sp.Symbol("coefficient", real=True)
"""c_μ = Ê[x̂_μ]ᵀ (p̂_μ Ê[x̂_μ x̂_μᵀ] + λ_W)^(−1) x_μ."""
ridge_error = sp.Symbol("ridge_error", nonnegative=True)
"""What W_* x_μ is off by from the term of the patch μ alone."""
inflation = sp.Symbol("inflation", positive=True)
"""I: the noise of a stage whose tokens are noisy, relative to that with clean tokens."""
pair_noise = sp.Symbol("pair_noise", positive=True)
"""w = dᵀ(Σ_μ/p_μ + Σ_μ'/p_μ')d, d = q_μ' − q_μ: N times the variance of their estimates along d."""

zipf = sp.Symbol("zipf", nonnegative=True)
"""a: the exponent of Zipf's law on rules, p_k ∝ k^(−a)."""
label_zipf = sp.Symbol("label_zipf", nonnegative=True)
"""b: the exponent of Zipf's law on labels."""
mean_noise = sp.Symbol("mean_noise", nonnegative=True)
"""⟨(1 − ‖q_μ‖²)/p_μ⟩: N times the noise of an estimate of q_μ, averaged over patches."""
synonym_noise = sp.Symbol("synonym_noise", nonnegative=True)
"""Noise between two synonyms that were both seen, averaged over such pairs."""
other_noise = sp.Symbol("other_noise", nonnegative=True)
"""Noise between two non-synonyms that were both seen, averaged over such pairs."""
up = sp.Symbol("up", integer=True, nonnegative=True)
"""Steps from a patch's parent up to the child of the last symbol above it and the signal."""
down = sp.Symbol("down", integer=True, nonnegative=True)
"""Steps from another child of that symbol down to the signal, by first children."""
ways = _size("ways")
"""w: in how many ways the patches of a level stand to their signals."""
depth = sp.Symbol("depth", integer=True, positive=True)
"""Levels from a patch's own down to that of the noise, both counted."""
multiple = sp.Symbol("multiple", positive=True)
"""X: samples in units of what a stage needs."""
pair_logs = sp.Symbol("pair_logs", nonnegative=True)
"""E[k log k]: k of the m patches that start with one token carry another one at a later place."""
token_logs = sp.Symbol("token_logs", nonnegative=True)
"""E[c log c]: c of the V m patches of a level carry a token at a later place."""
height = sp.Symbol("height", integer=True, positive=True)
"""h: how many levels above two symbols their last common ancestor stands."""
excess = sp.Symbol("excess", real=True)
"""x: how far above the logarithm of their number the pairs for each patch are, halved."""
target_variance = sp.Symbol("target_variance", positive=True)
"""τ²: the largest tr Cov(Z | patch) of a target that is a vector, or its mean over patches."""
target_range = sp.Symbol("target_range", positive=True)
"""D: the largest distance of two values that a target takes."""
separation_constant = sp.Symbol("separation_constant", positive=True)
"""c_sep: the least separation by own latents, in units of √(1 − f)/m."""

# Generation.
belief = sp.Symbol("belief", positive=True)
"""p: the probability that inference gives a node's true symbol."""
divergence = sp.Symbol("divergence", nonnegative=True)
"""KL(P‖Q) of the grammar's law from that of the strings of a sampler, averaged over orders."""
rules = _size("rules")
"""R_l: the number of rules of the level-l symbols."""
parents = _size("parents")
"""V_l: the number of level-l symbols."""
tokens = _size("tokens")
"""V_(l+1): the number of symbols one level down."""
total_correlation = sp.Symbol("total_correlation", nonnegative=True)
"""Σ_j H(x_j | ν) − H(x_1 … x_s | ν): what the children of a symbol tell of each other, in nats."""
transition_bound = sp.Symbol("transition_bound", positive=True)
"""K: transitions lie within 1/K and K."""
least_bound = sp.Symbol("least_bound", positive=True)
"""√(max ψ/min ψ): the least K for which some multiple of all transitions is within 1/K and K."""
denoising_error = sp.Symbol("denoising_error", nonnegative=True)
"""max |q − p|: what a network gives a symbol, less its posterior."""

changed = sp.Symbol("changed", positive=True)
"""The share of leaves that noise and denoising change."""

LATEX = {
    changed: "p",
    target_variance: r"\tau^2",
    target_range: "D",
    separation_constant: r"c_{\mathrm{sep}}",
    belief: "p",
    rules: "R_l",
    parents: "V_l",
    tokens: "V_{l+1}",
    total_correlation: r"\mathrm{TC}",
    transition_bound: "K",
    least_bound: r"\sqrt{\psi_{\max}/\psi_{\min}}",
    denoising_error: r"\max|q - p|",
    divergence: r"\mathrm{KL}",
    pair_logs: r"\langle k \log k \rangle",
    token_logs: r"\langle c \log c \rangle",
    height: "h",
    excess: "x",
    ways: "w",
    up: r"u",
    down: r"d",
    depth: r"h",
    zipf: "a",
    label_zipf: "b",
    mean_noise: r"\langle (1-\|q_\mu\|^2)/p_\mu \rangle",
    synonym_noise: r"\nu_{\mathrm{syn}}",
    other_noise: r"\nu_{\mathrm{non}}",
    multiple: "X",
    patches: r"|P_l|",
    epsilon: r"\varepsilon_*",
    epsilon_O: r"\varepsilon_O",
    epsilon_S: r"\varepsilon_S",
    ridge: r"\lambda_W",
    token_separation: r"\tilde\rho",
    token_spread: r"\tilde\varepsilon_S",
    probability: r"p_\mu",
    frequency: r"\hat p_\mu",
    square_norm: r"\|q\|^2",
    square_separation: r"\Delta^2",
    crossover: r"N_\times",
    K_rho: r"K_\rho",
    least_separation: r"\rho_{\min}",
    dependence: r"D_{\max}",
    synonym_distance: r"\|q_\mu - q_{\mu'}\|",
    count_correction: "e(N)",
    first_correction: "e_1",
    second_correction: "e_2",
    signal: "S",
    least_coefficient: r"c_{\min}",
    coefficient_sum: "B",
    candidates: "F",
    radius: "R",
    feature_error: r"\varepsilon_{\mathrm{RF}}",
    coefficient: r"c_\mu",
    inflation: "I",
    pair_noise: "w",
    ridge_error: r"\|W_* x_\mu - t_\mu\|",
    collision: r"\textstyle\sum_\nu p_\nu^2",
    correlation: "I_1",
    leakage: "I_2",
    relative_separation: r"\rho_{\mathrm{rel}}",
    gamma: r"\gamma",
    deviation: r"\varepsilon",
    variance: r"\sigma_\nu^2",
    remaining_mean: r"\bar z_\nu",
    second_moment: r"\mathbb{E}[\tau_\nu^2 \mid F_{\nu-1}]",
    covariance: r"\mathrm{Cov}(Z_{\nu,1}, Z_{\nu,2} \mid F_{\nu-1})",
    square_length: r"\|z\|^2",
    square_image: r"\|P z\|^2",
    sign: r"(\pm 1)",
    count: r"N_{\nu\mu}",
    dealt: "t",
    dealt_colour: r"t_\mu",
    product: r"(P_1 \cdots P_l)_{\zeta\mu}",
    failure: r"\mathbb{P}[\mathrm{failure}]",
    law_error: r"\|\hat q_\mu - q_\mu\|",
    output_error: r"\|h_\mu - q_\mu\|",
}
"""How the symbols print that do not print as they are named."""
